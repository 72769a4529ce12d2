/** How much room a picture takes, known before it is there. */

import { CARD_SIZES } from "../pictures/sizes";
import type { PostFieldsFragment } from "../gql/graphql";

export type Image = NonNullable<PostFieldsFragment["image"]>;

/**
 * - card: in the feed
 * - whole: on its own page
 * - square: beside others, cut
 */
export type Shape = "card" | "whole" | "square";

export interface Room {
  /** Width by height. */
  ratio: number;
  /** Above its own pixels it would only become blurred. */
  maxHeightPx: number | undefined;
}

/** A tower or a panorama does not take the screen, or leave a line: it stands in a calm frame. */
const RATIOS: Record<Shape, { least: number; most: number }> = {
  card: { least: 4 / 5, most: 21 / 9 },
  whole: { least: 1 / 3, most: 4 },
  square: { least: 1, most: 1 },
};

export function roomOf(image: Image, shape: Shape): Room {
  const { width, height } = fullSize(image);
  const { least, most } = RATIOS[shape];
  const ratio = Math.min(most, Math.max(least, width / height));
  return { ratio, maxHeightPx: shape === "square" ? undefined : height };
}

/** Its height in a card of that width. */
export function pictureHeight(image: Image, widthPx: number): number {
  const { ratio, maxHeightPx } = roomOf(image, "card");
  return Math.min(widthPx / ratio, maxHeightPx ?? Infinity);
}

/** The pixels that there are. */
export function fullSize({ width, height, variants }: Image): { width: number; height: number } {
  return variants.reduce((widest, each) => (each.width > widest.width ? each : widest), {
    width,
    height,
  });
}

/** How wide it is shown, for the browser to choose by. */
export function sizesOf(image: Image, shape: Shape): string {
  if (shape === "card") return CARD_SIZES;
  if (shape === "whole") return "(min-width: 60rem) 58rem, calc(100vw - 2rem)";
  // What is cut off at the sides has a width, too.
  const { width, height } = fullSize(image);
  const ratio = Math.max(1, width / height).toFixed(2);
  return `(min-width: 40rem) calc(14rem * ${ratio}), calc(34vw * ${ratio})`;
}
