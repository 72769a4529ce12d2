/** How much room a picture takes, known before it is there. */

import type { CSSProperties } from "react";

import { CARD_SIZES } from "../pictures/sizes";
import type { PostFieldsFragment } from "../gql/graphql";

export type Image = NonNullable<PostFieldsFragment["image"]>;

/**
 * - card: in the feed
 * - whole: on its own page
 * - square: beside others, cut
 */
export type Shape = "card" | "whole" | "square";

/** A tower or a panorama does not take the screen, or leave a line: it stands in a calm frame. */
const RATIOS: Record<Shape, { least: number; most: number }> = {
  card: { least: 3 / 4, most: 21 / 9 },
  whole: { least: 1 / 3, most: 4 },
  square: { least: 1, most: 1 },
};

/** The style of its frame; beyond its own pixels a picture would only become blurred. */
export function roomOf(image: Image, shape: Shape): CSSProperties {
  const { width, height } = fullSize(image);
  const aspectRatio = ratioOf(image, shape);
  if (shape === "square") return { aspectRatio };
  if (shape === "card") return { aspectRatio, maxHeight: height };
  return { aspectRatio, width: `min(100%, ${width}px, ${onScreen(aspectRatio)})` };
}

/** Its height in a card of that width. */
export function pictureHeight(image: Image, widthPx: number): number {
  return Math.min(widthPx / ratioOf(image, "card"), fullSize(image).height);
}

/** The pixels that there are. */
export function fullSize({ variants, ...image }: Image): { width: number; height: number } {
  const { width, height } = variants.reduce<Sized>(wider, image);
  return { width, height };
}

/** How wide it is shown, for the browser to choose by. */
export function sizesOf(image: Image, shape: Shape): string {
  if (shape === "card") return CARD_SIZES;
  if (shape === "whole") {
    return `min(58rem, calc(100vw - 2rem), ${onScreen(ratioOf(image, shape))})`;
  }
  // What is cut off at the sides has a width, too.
  const { width, height } = fullSize(image);
  const ratio = Math.max(1, width / height).toFixed(2);
  return `(min-width: 40rem) calc(14rem * ${ratio}), calc(34vw * ${ratio})`;
}

/** Width by height. */
function ratioOf(image: Image, shape: Shape): number {
  const { width, height } = fullSize(image);
  const { least, most } = RATIOS[shape];
  return Math.min(most, Math.max(least, width / height));
}

/** As wide as it may be to leave some of the screen for what is said about it. */
function onScreen(ratio: number): string {
  return `${(80 * ratio).toFixed(2)}dvh`;
}

type Sized = Pick<Image, "width" | "height">;

function wider(one: Sized, other: Sized): Sized {
  return other.width > one.width ? other : one;
}
