/** Preparing photos, one at a time: each in a worker of its own, whose memory ends with it. */

import { Refusal, UNREADABLE_PHOTO } from "../refusals";
import type { Wish } from "./developing";
import type { News, PreparedPhoto, PreparingOptions } from "./model";
import { hasOffscreen } from "./offscreen";

const PREPARING_MAX_MS = 60_000;

let last: Promise<unknown> = Promise.resolve();

/**
 * Makes of a file what is sent: upright, at most `LONGEST_SIDE_PX` on its longer side, in sRGB, on
 * white, as WebP or JPEG, and without metadata; or the original's pixels without metadata, where they
 * take fewer bytes or are asked for.
 *
 * @throws {Refusal} INVALID_IMAGE, UNSUPPORTED_FORMAT, IMAGE_TOO_LARGE, or UNREADABLE_PHOTO, which says
 *   that the browser can't; whatever `signal` was aborted with.
 */
export function preparePhoto(file: Blob, options: PreparingOptions = {}): Promise<PreparedPhoto> {
  const turn = last.then(() => prepare(file, options));
  last = turn.catch(() => undefined);
  return untilAborted(turn, options.signal);
}

async function prepare(file: Blob, options: PreparingOptions): Promise<PreparedPhoto> {
  options.signal?.throwIfAborted();
  const wish = { file, keepsOriginal: options.keepsOriginal ?? false };
  const photo = await (hasOffscreen() ? inWorker(wish, options) : onPage(wish, options));
  options.onProgress?.(1);
  return photo;
}

function inWorker(wish: Wish, { signal, onProgress }: PreparingOptions): Promise<PreparedPhoto> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const deadline = AbortSignal.timeout(PREPARING_MAX_MS);
  const prepared = new Promise<PreparedPhoto>((resolve, reject) => {
    const fail = (): void => {
      reject(unprepared());
    };
    port1.onmessage = ({ data }: MessageEvent<News>) => {
      if ("fraction" in data) onProgress?.(data.fraction);
      else if ("photo" in data) resolve(data.photo);
      else reject(new Refusal(data.code, data.message));
    };
    port1.onmessageerror = fail;
    worker.onerror = fail;
    deadline.onabort = fail;
    worker.postMessage(wish, [port2]);
  });
  return untilAborted(prepared, signal).finally(() => {
    worker.terminate();
    port1.close();
    deadline.onabort = null;
  });
}

async function onPage(
  wish: Wish,
  { signal, onProgress }: PreparingOptions,
): Promise<PreparedPhoto> {
  const { develop } = await import("./developing");
  const { onscreen } = await import("./onscreen");
  const report = (fraction: number): void => {
    signal?.throwIfAborted();
    onProgress?.(fraction);
  };
  try {
    return await develop(wish, onscreen, report);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof Refusal ? error : unprepared(error);
  }
}

function unprepared(cause?: unknown): Refusal {
  const message = "The photo cannot be prepared on this device: it may be too large for it.";
  return new Refusal(UNREADABLE_PHOTO, message, { cause });
}

/** The same promise, which fails as soon as the signal is aborted. */
function untilAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      // Whoever aborts says why, and may say anything.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
}
