/** What a photo may be, in words for whoever chose it. */

import { Refusal } from "../refusals";
import {
  CHOSEN_MAX_BYTES,
  DECODED_MAX_PIXELS,
  SENT_MAX_BYTES,
  SENT_MAX_PIXELS,
  SENT_MAX_SIDE_PX,
  type Size,
} from "./model";

const MEBIBYTE = 1024 ** 2;

/** @throws {Refusal} INVALID_IMAGE or IMAGE_TOO_LARGE */
export function refuseChosen(file: Blob): void {
  if (file.size === 0) throw new Refusal("INVALID_IMAGE", "The file is empty.");
  if (file.size > CHOSEN_MAX_BYTES) throw tooLarge(excessOfBytes(CHOSEN_MAX_BYTES));
}

/** @throws {Refusal} IMAGE_TOO_LARGE */
export function refuseDecoding({ width, height }: Size): void {
  if (width * height > DECODED_MAX_PIXELS) throw tooLarge(excessOfPixels(DECODED_MAX_PIXELS));
}

/** @throws {Refusal} IMAGE_TOO_LARGE */
export function refuseSending(file: Blob, size: Size): void {
  const excess = excessOf(file, size);
  if (excess !== null) throw tooLarge(excess);
}

/** What is too much about an original, in words; null if nothing is. */
export function excessOf(file: Blob, { width, height }: Size): string | null {
  if (file.size > SENT_MAX_BYTES) return excessOfBytes(SENT_MAX_BYTES);
  if (width * height > SENT_MAX_PIXELS) return excessOfPixels(SENT_MAX_PIXELS);
  if (Math.max(width, height) <= SENT_MAX_SIDE_PX) return null;
  return `The picture has a side longer than ${SENT_MAX_SIDE_PX} pixels.`;
}

function tooLarge(excess: string): Refusal {
  return new Refusal("IMAGE_TOO_LARGE", excess);
}

function excessOfBytes(most: number): string {
  return `The file is larger than ${most / MEBIBYTE} MiB.`;
}

function excessOfPixels(most: number): string {
  return `The picture has more than ${most / 1e6} megapixels.`;
}
