/** The means of a page, for browsers whose workers have none. */

import { type Darkroom, DarkroomError, whitened } from "./darkroom";

export const onscreen: Darkroom = {
  async decode(photo) {
    const image = new Image();
    const url = URL.createObjectURL(photo);
    const close = (): void => {
      URL.revokeObjectURL(url);
    };
    try {
      image.src = url;
      await image.decode();
    } catch (error) {
      close();
      throw error;
    }
    return { image, width: image.naturalWidth, height: image.naturalHeight, close };
  },

  sheet(size) {
    const canvas = Object.assign(document.createElement("canvas"), size);
    const context = whitened(canvas.getContext("2d", { alpha: false }), size);
    return {
      context,
      encode: (type, quality) =>
        new Promise((resolve, reject) => {
          const done = (blob: Blob | null): void => {
            if (blob) resolve(blob);
            else reject(new DarkroomError("The canvas cannot be encoded."));
          };
          canvas.toBlob(done, type, quality);
        }),
    };
  },
};
