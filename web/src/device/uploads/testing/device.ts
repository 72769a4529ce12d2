/** A device: queues on one database, which talk to a server and can be killed. */

import { randomBytes, randomUUID } from "node:crypto";

import { getOperationAST, type DocumentNode } from "graphql";
import type { UploadOptions } from "tus-js-client";

import type { Graph } from "../../graph";
import { Refusal, UNREACHABLE } from "../../refusals";
import type { PostForm } from "../form";
import type { Uploads } from "../model";
import { createSendResumable } from "../resumable";
import { createUploads, type UploadsOptions } from "../uploads";
import type { Origin } from "./origin";

const PATIENCE = { firstMs: 4, mostMs: 16, stallMs: 3_000 };

export class Device {
  readonly viewerId = randomUUID();
  readonly network = new EventTarget();
  readonly published: string[] = [];
  readonly #origin: Origin;
  readonly #queues: Uploads[] = [];
  /** What resumable uploads are sent with, until the graph was asked. */
  token = "fresh";

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** A tab, which sends. */
  open(options: Partial<UploadsOptions> = {}): Uploads {
    const queue = createUploads({
      graph: this.#graph(),
      authorization: () => Promise.resolve({ Authorization: `Bearer ${this.token}` }),
      endpoint: this.#origin.url,
      viewerId: this.viewerId,
      onPublished: ({ id }) => this.published.push(id),
      postForm: postFormByFetch,
      sendResumable: createSendResumable({ fileReader: BLOBS }),
      patience: PATIENCE,
      network: this.network,
      ...options,
    });
    this.#queues.push(queue);
    queue.start();
    return queue;
  }

  close(): void {
    for (const queue of this.#queues) queue.stop();
  }

  #graph(): Graph {
    return {
      ask: async <Data>(
        document: DocumentNode,
        variables: unknown,
        options: { signal?: AbortSignal } = {},
      ) => {
        const name = getOperationAST(document)?.name?.value;
        const body = JSON.stringify({ document: name, variables });
        const answer = await fetch(this.#origin.url, { method: "POST", body, ...options }).catch(
          (cause: unknown) => {
            throw new Refusal(UNREACHABLE, "No answer.", { cause });
          },
        );
        this.token = "fresh";
        if (answer.ok) return (await answer.json()) as Data;
        const { errors } = (await answer.json()) as { errors: [{ extensions: { code: string } }] };
        throw new Refusal(errors[0].extensions.code, "Not now.");
      },
      listen: () => {
        throw new Error("Nobody listens here.");
      },
    };
  }
}

export function aPhoto(size = 300 * 1024) {
  const blob = new Blob([randomBytes(size)], { type: "image/webp" });
  return {
    blob,
    contentType: "image/webp",
    size: { width: 4, height: 3 },
    originalBytes: 4_200_000,
    isOriginal: false,
  };
}

/** As bytes: a form that fetch streams itself fails outside of any promise when it is cut. */
const postFormByFetch: PostForm = async (url, form, { signal, onProgress }) => {
  const whole = new Response(form);
  const headers = { "Content-Type": whole.headers.get("Content-Type") ?? "" };
  const body = await whole.arrayBuffer();
  const { status } = await fetch(url, { method: "POST", headers, body, signal });
  onProgress(1);
  return status;
};

type FileReader = NonNullable<UploadOptions["fileReader"]>;

/** Outside of browsers tus-js-client reads buffers, but no blobs. */
const BLOBS: FileReader = {
  openFile: (photo: Blob) =>
    Promise.resolve({
      size: photo.size,
      close: () => undefined,
      slice: async (start, end) => {
        const bytes = Buffer.from(await photo.slice(start, end).arrayBuffer());
        return { value: Object.assign(bytes, { size: bytes.length }), done: end >= photo.size };
      },
    }),
};
