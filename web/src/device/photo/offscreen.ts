/** The means of a worker. */

import { type Darkroom, whitened } from "./darkroom";

export const offscreen: Darkroom = {
  async decode(photo, size) {
    const bitmap = await createImageBitmap(photo, {
      imageOrientation: "from-image",
      ...(size && { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: "high" }),
    });
    const { width, height } = bitmap;
    return {
      image: bitmap,
      width,
      height,
      close: () => {
        bitmap.close();
      },
    };
  },

  sheet(size) {
    const canvas = new OffscreenCanvas(size.width, size.height);
    const context = whitened(canvas.getContext("2d", { alpha: false }), size);
    return { context, encode: (type, quality) => canvas.convertToBlob({ type, quality }) };
  },
};

/** Safari has canvases off screen since 16.4. */
export function hasOffscreen(): boolean {
  if (typeof Worker === "undefined" || typeof OffscreenCanvas === "undefined") return false;
  return new OffscreenCanvas(1, 1).getContext("2d") !== null;
}
