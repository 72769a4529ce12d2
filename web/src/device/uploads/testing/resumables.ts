/** Uploads by tus, as far as ours speaks it. */

import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

import { Refused } from "./bodies";

interface Begun {
  length: number;
  bytes: Buffer;
}

type Answer = [status: number, headers: Record<string, string>];

export class Resumables {
  readonly #begun = new Map<string, Begun>();
  /** How many bytes came, again or not. */
  received = 0;

  /** Once all of them are there. */
  bytesOf(id: string): Buffer | null {
    const upload = this.#begun.get(id);
    return upload && upload.bytes.length === upload.length ? upload.bytes : null;
  }

  get size(): number {
    return this.#begun.size;
  }

  clear(): void {
    this.#begun.clear();
  }

  answer({ headers, method, url }: IncomingMessage, body: Buffer): Answer {
    checkHeaders(headers);
    if (method === "POST") return this.#begin(Number(headers["upload-length"]));
    const upload = this.#begun.get(url?.split("/").pop() ?? "");
    if (!upload) throw new Refused(404, "NOT_FOUND");
    if (method === "PATCH") this.#append(upload, Number(headers["upload-offset"]), body);
    const told = { "Upload-Offset": `${upload.bytes.length}`, "Upload-Length": `${upload.length}` };
    return [method === "PATCH" ? 204 : 200, told];
  }

  #begin(length: number): Answer {
    const id = randomUUID();
    this.#begun.set(id, { length, bytes: Buffer.alloc(0) });
    return [201, { Location: `/uploads/${id}` }];
  }

  #append(upload: Begun, offset: number, body: Buffer): void {
    if (offset !== upload.bytes.length) throw new Refused(409, "UPLOAD_CONFLICT");
    this.received += body.length;
    upload.bytes = Buffer.concat([upload.bytes, body]).subarray(0, upload.length);
  }
}

function checkHeaders(headers: IncomingHttpHeaders): void {
  if (headers["tus-resumable"] !== "1.0.0") throw new Refused(412, "PRECONDITION_FAILED");
  if (headers.authorization !== "Bearer fresh") throw new Refused(401, "UNAUTHENTICATED");
}
