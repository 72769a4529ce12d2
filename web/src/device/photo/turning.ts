/** Drawing a picture upright, whichever way it lies in its file. */

import type { Sheet } from "./darkroom";
import type { Size } from "./model";

type Matrix = readonly [number, number, number, number, number, number];

/** From how it lies to upright on a sheet of that size: CIPA DC-008 (Exif 2.32), tag 0x0112. */
const TURNS: readonly ((size: Size) => Matrix)[] = [
  () => [1, 0, 0, 1, 0, 0],
  ({ width }) => [-1, 0, 0, 1, width, 0],
  ({ width, height }) => [-1, 0, 0, -1, width, height],
  ({ height }) => [1, 0, 0, -1, 0, height],
  () => [0, 1, 1, 0, 0, 0],
  ({ width }) => [0, 1, -1, 0, width, 0],
  ({ width, height }) => [0, -1, -1, 0, width, height],
  ({ height }) => [0, -1, 1, 0, 0, height],
];
const FIRST_LYING = 5;

/** Whether width and height change places. */
export function isLying(orientation: number): boolean {
  return orientation >= FIRST_LYING;
}

export function swapped({ width, height }: Size): Size {
  return { width: height, height: width };
}

/** Draws a picture so that it fills a sheet of that size. */
export function turn(
  context: Sheet["context"],
  image: CanvasImageSource,
  orientation: number,
  size: Size,
): void {
  const matrix = TURNS[orientation - 1]?.(size);
  if (matrix) context.setTransform(...matrix);
  const { width, height } = isLying(orientation) ? swapped(size) : size;
  context.drawImage(image, 0, 0, width, height);
}
