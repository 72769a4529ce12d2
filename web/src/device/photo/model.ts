/** A photo that is ready to be sent. */

export const LONGEST_SIDE_PX = 2048;

export interface PreparedPhoto {
  blob: Blob;
  /** What `blob` is: image/webp, image/jpeg, or the original's own type. */
  contentType: string;
  /** Pixels, upright. Null for an original that this browser cannot decode. */
  size: { width: number; height: number } | null;
  /** Bytes of the file that was chosen; `blob.size` is what is sent. */
  originalBytes: number;
  /** Whether `blob` has the original's pixels, not those that were resized and encoded here. */
  isOriginal: boolean;
}

export interface PreparingOptions {
  /** Sends the pixels as they are, however many bytes they take. */
  keepsOriginal?: boolean;
  signal?: AbortSignal;
  /** 0 to 1. */
  onProgress?: (fraction: number) => void;
}
