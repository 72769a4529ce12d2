// tus-js-client: photos in parts, over connections that break.
import { createReadStream } from "node:fs";
import { setTimeout } from "node:timers/promises";
import * as tus from "tus-js-client";
import { bearer } from "./documents.mjs";

const RETRIES = [1000, 1000, 1000, 1000];

function prepared({ url, token, photo, storage, chunkSize, options }, heard, on) {
  return new tus.Upload(createReadStream(photo), {
    endpoint: url,
    headers: bearer(token),
    metadata: { filename: "photo.jpg", filetype: "image/jpeg" },
    chunkSize: chunkSize ?? Infinity,
    retryDelays: RETRIES,
    urlStorage: new tus.FileUrlStorage(storage),
    onAfterResponse: (request, response) =>
      heard.push({
        method: request.getMethod(),
        status: response.getStatus(),
        offset: response.getHeader("Upload-Offset") ?? null,
      }),
    ...options,
    ...on,
  });
}

const finished = (given, heard, previous) =>
  new Promise((done, fail) => {
    const on = { onError: fail, onSuccess: () => done(upload.url) };
    const upload = prepared(given, heard, on);
    if (previous) upload.resumeFromPreviousUpload(previous);
    upload.start();
  });

export async function whole(given) {
  const heard = [];
  return { url: await finished(given, heard), heard };
}

// The app is closed in the middle, and opened again: it finds what it had begun.
export async function resumed(given) {
  const heard = [];
  const begun = await new Promise((done, fail) => {
    const onProgress = (sent) => {
      if (sent < given.abortAt) return;
      upload.abort().then(() => done(upload.url), fail);
    };
    const upload = prepared(given, heard, { onError: fail, onProgress });
    upload.start();
  });
  await setTimeout(RETRIES[0]);
  const previous = await prepared(given, heard).findPreviousUploads();
  const url = await finished(given, heard, previous[0]);
  return { begun, url, previous: previous.map(({ uploadUrl, size }) => ({ uploadUrl, size })), heard };
}

// Whoever changes their mind ends an upload.
export async function ended(given) {
  const heard = [];
  const url = await new Promise((done, fail) => {
    const onChunkComplete = () => upload.abort(true).then(() => done(upload.url), fail);
    const upload = prepared(given, heard, { onError: fail, onChunkComplete });
    upload.start();
  });
  return { url, heard };
}

export async function discovered({ url }) {
  const response = await fetch(url, { method: "OPTIONS" });
  return Object.fromEntries(response.headers);
}
