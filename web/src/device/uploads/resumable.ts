/** A photo in small parts over connections that break, by tus. */

import type { DetailedError, HttpResponse, UploadOptions, UrlStorage } from "tus-js-client";

import { Refusal, UNREACHABLE } from "../refusals";

/** What a cut can cost. Each costs a request, too, of which there are some hundred a minute. */
export const CHUNK_BYTES = 256 * 1024;

export interface Resumable {
  photo: Blob;
  contentType: string;
  /** Where uploads are begun. */
  endpoint: URL;
  /** Where this one goes on; null to begin it. */
  address: string | null;
  /** Writes the address down, before any byte is sent there. */
  keep: (address: string) => Promise<void>;
  authorization: () => Promise<Record<string, string>>;
  signal: AbortSignal;
  /** 0 to 1. */
  onProgress: (fraction: number) => void;
}

/**
 * Sends what is missing of a photo, once; its `uploadId`.
 *
 * @throws {Refusal} Why it stopped: UPLOAD_NOT_FOUND if there is nothing at the address any more.
 */
export type SendResumable = (resumable: Resumable) => Promise<string>;

/** `reader` is for where tus-js-client cannot read a Blob by itself. */
export function createSendResumable(reader: Pick<UploadOptions, "fileReader"> = {}): SendResumable {
  return async (resumable) => {
    const { Upload, DetailedError } = await import("tus-js-client");
    const { photo, signal } = resumable;
    return new Promise((resolve, reject) => {
      const upload = new Upload(photo, {
        ...reader,
        ...optionsOf(resumable),
        onSuccess: () => {
          resolve(uploadIdIn(upload.url ?? ""));
        },
        onError: (error) => {
          reject(error instanceof DetailedError ? refusalOf(error) : error);
        },
      });
      const abort = () => {
        void upload.abort();
        reject(new Refusal(UNREACHABLE, "The photo could not be sent.", { cause: signal.reason }));
      };
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
      else upload.start();
    });
  };
}

function optionsOf(resumable: Resumable): Partial<UploadOptions> {
  const { contentType, address, keep, authorization, signal, onProgress } = resumable;
  return {
    // With an endpoint, an upload that is not found would be begun anew, and one with a token that
    // has expired as well.
    ...(address ? { uploadUrl: address } : { endpoint: resumable.endpoint.href }),
    metadata: { filetype: contentType },
    chunkSize: CHUNK_BYTES,
    retryDelays: null,
    // It waits for the address to be stored, whereas it does not wait for `onUploadUrlAvailable`.
    fingerprint: () => Promise.resolve("photo"),
    urlStorage: storageOf(keep),
    removeFingerprintOnSuccess: true,
    onBeforeRequest: async (request) => {
      const headers = await authorization();
      signal.throwIfAborted();
      for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
    },
    onProgress: (sent, total) => {
      if (!signal.aborted) onProgress(sent / total);
    },
  };
}

/** The queue remembers one address an upload, so there is nothing to find or to remove. */
function storageOf(keep: (address: string) => Promise<void>): UrlStorage {
  return {
    findAllUploads: () => Promise.resolve([]),
    findUploadsByFingerprint: () => Promise.resolve([]),
    removeUpload: () => Promise.resolve(),
    addUpload: async (_, { uploadUrl }) => {
      if (uploadUrl) await keep(uploadUrl);
      return "photo";
    },
  };
}

function uploadIdIn(address: string): string {
  return new URL(address).pathname.split("/").pop() ?? "";
}

const BY_STATUS = new Map([
  [401, "UNAUTHENTICATED"],
  [404, "UPLOAD_NOT_FOUND"],
  [410, "UPLOAD_NOT_FOUND"],
  [413, "IMAGE_TOO_LARGE"],
]);

interface ToldError {
  message?: string;
  extensions?: { code?: string; retryAfter?: number; requestId?: string };
}

/** An answer to HEAD has no body, so the status has to do. */
function refusalOf({ originalResponse: response, message, cause }: DetailedError): Refusal {
  if (!response) return new Refusal(UNREACHABLE, "The photo could not be sent.", { cause });
  const told = toldIn(response);
  const code =
    BY_STATUS.get(response.getStatus()) ?? told.extensions?.code ?? "SERVICE_UNAVAILABLE";
  return new Refusal(code, told.message ?? message, told.extensions);
}

function toldIn(response: HttpResponse): ToldError {
  try {
    const { errors } = JSON.parse(response.getBody()) as { errors?: ToldError[] };
    return errors?.[0] ?? {};
  } catch {
    return {};
  }
}
