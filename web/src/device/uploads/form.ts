/** A photo as a form, straight to the object store of a region. */

import { Refusal, UNREACHABLE } from "../refusals";

interface Sending {
  signal: AbortSignal;
  /** 0 to 1. */
  onProgress: (fraction: number) => void;
}

/** Posts a form; the status of its answer. @throws {Refusal} UNREACHABLE */
export type PostForm = (url: string, form: FormData, sending: Sending) => Promise<number>;

interface PhotoFields {
  fields: readonly { name: string; value: string }[];
  photo: Blob;
  contentType: string;
}

/** The fields as they were given, the file last. */
export function formOf({ fields, photo, contentType }: PhotoFields): FormData {
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append("file", photo.slice(0, photo.size, contentType), "photo");
  return form;
}

/** By XMLHttpRequest, since fetch does not tell how much was sent. */
export const postForm: PostForm = (url, form, { signal, onProgress }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
    };
    const fail = () => {
      reject(new Refusal(UNREACHABLE, "The photo could not be sent.", { cause: signal.reason }));
    };
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress(total ? loaded / total : 0);
    };
    request.onload = () => {
      resolve(request.status);
    };
    request.onerror = fail;
    request.onabort = fail;
    request.onloadend = () => {
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    request.open("POST", url);
    if (signal.aborted) fail();
    else request.send(form);
  });
