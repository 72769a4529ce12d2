/** A photo's file without metadata. */

import type { Size } from "../model";
import type { Bytes } from "./bytes";

/** What the server takes. */
export type PhotoType =
  "image/jpeg" | "image/png" | "image/webp" | "image/avif" | "image/heic" | "image/heif";

export interface BareFile {
  /** As the pixels are stored, not yet turned upright. */
  size: Size;
  /** How to turn them upright: 1 to 8, as in Exif. In ISO files it says 1: their decoder turns them. */
  orientation: number;
  /** The file in pieces, with nothing but that orientation; with 1, without a word about it. */
  pieces: (orientation: number) => readonly Bytes[];
}
