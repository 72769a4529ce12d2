/** One photo's way, step by step: each can be taken again, whatever became of it the first time. */

import {
  CreateUploadDocument,
  PublishPhotoDocument,
  UploadStatusDocument,
  type PostFieldsFragment,
} from "../../gql/graphql";
import type { Graph } from "../graph";
import { PHOTO_FAILED, Refusal, throwFirst, UNREADABLE_PHOTO } from "../refusals";
import { formOf, type PostForm } from "./form";
import type { Change, KeptUpload, Stage } from "./kept";
import { impatiently, type Patience } from "./patience";
import type { SendResumable } from "./resumable";
import { refusedBy } from "./verdict";

export interface Means {
  graph: Graph;
  authorization: () => Promise<Record<string, string>>;
  /** Where resumable uploads are begun. */
  endpoint: URL;
  viewerId: string;
  postForm: PostForm;
  sendResumable: SendResumable;
  patience: Patience;
  network: EventTarget;
}

/** What a step is told of its photo, and tells of it. */
export interface Step {
  upload: KeptUpload;
  photo: Blob | undefined;
  /** Writes down how far it has come. @throws {Error} It was discarded. */
  keep: (stage: Stage) => Promise<void>;
  onProgress: (fraction: number) => void;
  signal: AbortSignal;
}

const STATUS_FIRST_MS = 300;
const STATUS_MOST_MS = 5_000;
const NO_CONTENT = 204;

export class Journey {
  readonly #means: Means;

  constructor(means: Means) {
    this.#means = means;
  }

  /** Goes one step on. @throws {Refusal} */
  async goOn(step: Step): Promise<Change> {
    const { stage } = step.upload;
    switch (stage.at) {
      case "new":
        return { stage: await this.#sendForm(step) };
      // Nobody saw what became of it. Publishing tells, and sending again is dearer.
      case "form":
        return { stage: { at: "sent", uploadId: stage.uploadId } };
      case "resumable":
        return { stage: await this.#sendResumable(step, stage.address) };
      case "sent":
        return { stage: await this.#publish(step, stage.uploadId) };
      default:
        return {};
    }
  }

  /** The post as it is; null if it is gone. @throws {Refusal} PHOTO_FAILED */
  async status(postId: string, signal: AbortSignal): Promise<PostFieldsFragment | null> {
    const ask = { ...this.#means, signal };
    const { post } = await impatiently(
      ({ signal }) => this.#means.graph.ask(UploadStatusDocument, { id: postId }, { signal }),
      { ...ask, stallMs: ask.patience.stallMs },
    );
    if (post?.status === "FAILED") throw new Refusal(PHOTO_FAILED, post.failure ?? "");
    return post;
  }

  async #sendForm({ upload, photo, keep, onProgress, signal }: Step): Promise<Stage> {
    const { contentType, bytes: byteSize } = upload;
    const { createUpload } = await this.#impatiently(signal, ({ signal }) =>
      this.#means.graph.ask(CreateUploadDocument, { input: { contentType, byteSize } }, { signal }),
    );
    throwFirst(createUpload.errors);
    const ticket = there(createUpload.upload);
    const form = formOf({ fields: ticket.fields, photo: readable(photo), contentType });
    await keep({ at: "form", uploadId: ticket.id });
    const status = await this.#post(ticket.url, form, onProgress, signal);
    // Whatever kept it from arriving, the other way goes past it.
    if (status !== null && status !== NO_CONTENT) return { at: "resumable", address: null };
    return { at: "sent", uploadId: ticket.id };
  }

  /** Null if nobody knows what became of it. */
  async #post(
    url: string,
    form: FormData,
    onProgress: (fraction: number) => void,
    signal: AbortSignal,
  ): Promise<number | null> {
    try {
      return await this.#impatiently(signal, ({ signal, alive }) =>
        this.#means.postForm(url, form, {
          signal,
          onProgress: (fraction) => {
            alive();
            onProgress(fraction);
          },
        }),
      );
    } catch {
      signal.throwIfAborted();
      return null;
    }
  }

  async #sendResumable(
    { upload, photo, keep, onProgress, signal }: Step,
    address: string | null,
  ): Promise<Stage> {
    const { contentType } = upload;
    const { endpoint, authorization, sendResumable } = this.#means;
    const sending = this.#impatiently(signal, ({ signal, alive }) =>
      sendResumable({
        photo: readable(photo),
        contentType,
        endpoint,
        address,
        authorization,
        signal,
        keep: (address) => keep({ at: "resumable", address }),
        onProgress: (fraction) => {
          alive();
          onProgress(fraction);
        },
      }),
    );
    try {
      return { at: "sent", uploadId: await sending };
    } catch (error) {
      if (isUnauthenticated(error)) await this.#renew(signal);
      throw error;
    }
  }

  async #publish({ upload, signal }: Step, uploadId: string): Promise<Stage> {
    const { description, idempotencyKey } = upload;
    const altText = upload.altText || null;
    const input = { uploadId, description, altText, idempotencyKey };
    const { uploadPhoto } = await this.#impatiently(signal, ({ signal }) =>
      this.#means.graph.ask(PublishPhotoDocument, { input }, { signal }),
    );
    throwFirst(uploadPhoto.errors);
    const post = there(uploadPhoto.post);
    if (post.status !== "FAILED") return { at: "posted", postId: post.id };
    return refusedBy(new Refusal(PHOTO_FAILED, post.failure ?? ""), true);
  }

  /** The graph renews a token that has expired, whatever it is asked. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { graph, viewerId } = this.#means;
    await this.#impatiently(signal, ({ signal }) =>
      graph.ask(UploadStatusDocument, { id: viewerId }, { signal }),
    );
  }

  #impatiently<Value>(
    signal: AbortSignal,
    work: (watching: { signal: AbortSignal; alive: () => void }) => Promise<Value>,
  ): Promise<Value> {
    const { network, patience } = this.#means;
    return impatiently(work, { signal, network, stallMs: patience.stallMs });
  }
}

/** How long to wait before asking again whether a photo is ready. */
export function statusMs(asked: number): number {
  return Math.min(STATUS_FIRST_MS * 1.5 ** asked, STATUS_MOST_MS);
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof Refusal && error.code === "UNAUTHENTICATED";
}

function readable(photo: Blob | undefined): Blob {
  if (!photo) throw new Refusal(UNREADABLE_PHOTO, "The photo is not on this device any more.");
  return photo;
}

function there<Value>(value: Value | null): Value {
  if (value === null) throw new Refusal("INTERNAL_SERVER_ERROR", "Neither an answer nor an error.");
  return value;
}
