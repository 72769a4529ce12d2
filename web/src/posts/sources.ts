/** The variants of a picture, as a browser chooses among them. */

import type { ImageFormat } from "../gql/graphql";
import type { Image } from "./shapes";

interface Source {
  type: string;
  srcSet: string;
}

interface Sources {
  /** The first that a browser can show is taken. */
  sources: readonly Source[];
  /** For one that can show none of them. */
  src: string;
}

/** The most economical first; formats that are newer than this page are left out. */
const TYPES: readonly (readonly [ImageFormat, string])[] = [
  ["AVIF", "image/avif"],
  ["WEBP", "image/webp"],
];

export function sourcesOf({ url, variants }: Image): Sources {
  const sources = TYPES.map(([format, type]) => ({
    type,
    srcSet: variants
      .filter((variant) => variant.format === format)
      .map((variant) => `${variant.url} ${variant.width}w`)
      .join(", "),
  }));
  return { sources: sources.filter(({ srcSet }) => srcSet), src: url };
}
