/** A photo that is ready to be sent. */

export const LONGEST_SIDE_PX = 2048;

/** What the server takes. A photo that is encoded here is far below. */
export const SENT_MAX_BYTES = 20 * 1024 ** 2;
export const SENT_MAX_PIXELS = 50e6;
export const SENT_MAX_SIDE_PX = 12_000;

/** What is decoded here, so that a file cannot take all of the device's memory. */
export const CHOSEN_MAX_BYTES = 64 * 1024 ** 2;
export const DECODED_MAX_PIXELS = 125e6;

export interface Size {
  width: number;
  height: number;
}

export interface PreparedPhoto {
  blob: Blob;
  /** What `blob` is: image/webp, image/jpeg, or the original's own type. */
  contentType: string;
  /** Pixels, upright. Null for an original that this browser cannot decode. */
  size: Size | null;
  /** Bytes of the file that was chosen; `blob.size` is what is sent. */
  originalBytes: number;
  /** Whether `blob` has the original's pixels, not those that were resized and encoded here. */
  isOriginal: boolean;
}

export interface PreparingOptions {
  /**
   * Sends the pixels as they are, however many bytes they take. A file whose metadata cannot be taken
   * off for sure is encoded all the same: see `PreparedPhoto.isOriginal`.
   */
  keepsOriginal?: boolean;
  signal?: AbortSignal;
  /** 0 to 1. */
  onProgress?: (fraction: number) => void;
}

/** What a worker tells of the photo it prepares. */
export type News =
  { fraction: number } | { photo: PreparedPhoto } | { code: string; message: string };
