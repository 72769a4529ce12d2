/** What a photo is decoded and encoded with: a worker and a page have different means. */

import type { Size } from "./model";

export interface Darkroom {
  /**
   * @param size What it may be resized to while it is decoded, as it lies in the file.
   * @throws The browser does not know the format, the file is damaged, or memory does not suffice.
   */
  decode(photo: Blob, size: Size | null): Promise<Decoded>;
  /** A sheet that is white. */
  sheet(size: Size): Sheet;
}

export interface Decoded extends Size {
  image: CanvasImageSource;
  /** Gives its memory back. */
  close(): void;
}

export interface Sheet {
  context: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;
  /** As `type`, or as whatever else the browser can. */
  encode(type: string, quality: number): Promise<Blob>;
}

export class DarkroomError extends Error {}

export function whitened<Context extends Sheet["context"]>(
  context: Context | null,
  size: Size,
): Context {
  if (!context) throw new DarkroomError("There is no canvas.");
  context.fillStyle = "white";
  context.fillRect(0, 0, size.width, size.height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  return context;
}
