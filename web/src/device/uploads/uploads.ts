/** The queue of photos on their way: kept on the device, sent whenever that is possible. */

import type { PostFieldsFragment } from "../../gql/graphql";
import type { Graph } from "../graph";
import type { PreparedPhoto } from "../photo/model";
import { Refusal, STORAGE_FULL } from "../refusals";
import { Carrier, type Hearing } from "./carrier";
import { postForm, type PostForm } from "./form";
import { Kept, type KeptUpload } from "./kept";
import type { Uploads, UploadState, UploadStep, UploadText } from "./model";
import { PATIENCE, rest, theNetwork, type Patience } from "./patience";
import { createSendResumable, type SendResumable } from "./resumable";
import { States } from "./states";
import { Tabs, type Told } from "./tabs";

/** How many photos may be on their way from this device at once. */
export const WAITING_MAX = 20;

export interface UploadsOptions {
  graph: Graph;
  /** Headers for resumable uploads, as for GraphQL. */
  authorization: () => Promise<Record<string, string>>;
  /** Of GraphQL; `/uploads` is on the same server. */
  endpoint: URL;
  viewerId: string;
  /** Everybody can see it from now on. Called in the tab that has sent it. */
  onPublished?: (post: PostFieldsFragment) => void;
  postForm?: PostForm;
  sendResumable?: SendResumable;
  patience?: Patience;
  /** Where `online` and `offline` are told. */
  network?: EventTarget;
}

/** The database of a viewer's photos on their way. */
export function uploadsDatabase(viewerId: string): string {
  return `photofeed-uploads-${viewerId}`;
}

export function createUploads(options: UploadsOptions): Uploads {
  return new Queue(options);
}

class Queue implements Uploads {
  readonly getSnapshot: () => readonly UploadState[];
  readonly subscribe: (listener: () => void) => () => void;

  readonly #name: string;
  readonly #kept: Kept;
  readonly #states: States;
  readonly #carrier: Carrier;
  readonly #patience: Patience;
  readonly #network: EventTarget;
  readonly #onPublished: (post: PostFieldsFragment) => void;
  #running: { signal: AbortSignal; abort: () => void; tabs: Tabs } | null = null;
  #isWorking = false;
  #hasMore = false;

  constructor(options: UploadsOptions) {
    this.#name = uploadsDatabase(options.viewerId);
    this.#kept = new Kept(this.#name);
    this.#states = new States(this.#kept);
    this.getSnapshot = this.#states.watched.getSnapshot;
    this.subscribe = this.#states.watched.subscribe;
    this.#patience = options.patience ?? PATIENCE;
    this.#network = options.network ?? theNetwork();
    this.#onPublished = options.onPublished ?? (() => undefined);
    const means = {
      ...options,
      endpoint: new URL("/uploads", options.endpoint),
      postForm: options.postForm ?? postForm,
      sendResumable: options.sendResumable ?? createSendResumable(),
      patience: this.#patience,
      network: this.#network,
    };
    this.#carrier = new Carrier(this.#name, this.#kept, means, {
      onStep: this.#onStep,
      onChanged: this.#onChanged,
      onReady: this.#onReady,
    });
  }

  async add(photo: PreparedPhoto, text: UploadText): Promise<string> {
    const key = crypto.randomUUID();
    const upload = {
      ...text,
      key,
      idempotencyKey: crypto.randomUUID(),
      contentType: photo.contentType,
      bytes: photo.blob.size,
      originalBytes: photo.originalBytes,
      stage: { at: "new" as const },
    };
    if (!(await this.#write(upload, photo.blob))) {
      throw new Refusal("TOO_MANY_UPLOADS", `${WAITING_MAX} photos are on their way already.`);
    }
    await this.#changed();
    return key;
  }

  async retry(key: string): Promise<void> {
    const upload = await this.#kept.find(key);
    if (upload?.stage.at !== "refused") return;
    // The key of a post that failed would only ever answer with that post.
    const anew = upload.stage.isPosted ? { idempotencyKey: crypto.randomUUID() } : {};
    await this.#kept.change(key, { ...anew, stage: { at: "new" } });
    await this.#changed();
  }

  async discard(key: string): Promise<void> {
    this.#states.discard(key);
    await this.#kept.remove(key);
    await this.#changed();
  }

  start(): void {
    if (this.#running) return;
    const controller = new AbortController();
    this.#running = {
      signal: controller.signal,
      abort: () => {
        controller.abort();
      },
      tabs: new Tabs(this.#name, this.#hear),
    };
    void this.#read();
    void this.#work();
  }

  stop(): void {
    this.#running?.abort();
    this.#running?.tabs.close();
    this.#running = null;
  }

  async forget(): Promise<void> {
    this.#running?.tabs.tell({ about: "forgotten" });
    this.#drop();
    await this.#kept.forget();
  }

  #drop(): void {
    this.stop();
    this.#states.drop();
  }

  async #write(upload: Omit<KeptUpload, "order">, photo: Blob): Promise<boolean> {
    try {
      return await this.#kept.add(upload, photo, WAITING_MAX);
    } catch (cause) {
      throw new Refusal(STORAGE_FULL, "The photo cannot be kept on this device.", { cause });
    }
  }

  async #changed(): Promise<void> {
    this.#running?.tabs.tell({ about: "changed" });
    void this.#work();
    await this.#read();
  }

  /** What cannot be read is shown as it was. */
  #read(): Promise<void> {
    return this.#states.read().catch(() => undefined);
  }

  /** Sends until there is nothing more to send; whatever goes wrong, it begins again. */
  async #work(): Promise<void> {
    this.#hasMore = true;
    this.#carrier.look();
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let next = this.#next(); next; next = this.#next()) await this.#workOnce(next);
    this.#isWorking = false;
  }

  #next(): AbortSignal | null {
    return this.#hasMore && this.#running ? this.#running.signal : null;
  }

  async #workOnce(signal: AbortSignal): Promise<void> {
    this.#hasMore = false;
    try {
      await this.#carrier.carry(signal);
    } catch {
      this.#hasMore = true;
      await rest(this.#patience.mostMs, this.#network, signal).catch(() => undefined);
    }
  }

  readonly #onStep = (key: string, step: UploadStep, fraction: number): void => {
    const before = this.#states.watched.getSnapshot().find((state) => state.key === key);
    if (before?.step === step && percent(before.fraction) === percent(fraction)) return;
    this.#running?.tabs.tell({ about: "step", key, step, fraction });
    this.#states.seeStep(key, { step, fraction });
  };

  readonly #onChanged = (): void => {
    this.#running?.tabs.tell({ about: "changed" });
    void this.#read();
  };

  readonly #onReady: Hearing["onReady"] = (upload, photo, post) => {
    this.#running?.tabs.tell({ about: "ready", key: upload.key, postId: post.id });
    this.#states.becomeReady(upload.key, post.id, photo && { upload, photo });
    this.#onPublished(post);
  };

  readonly #hear = (told: Told): void => {
    switch (told.about) {
      case "changed":
        void this.#read();
        void this.#work();
        break;
      case "step":
        this.#states.seeStep(told.key, told);
        break;
      case "ready":
        this.#states.becomeReady(told.key, told.postId);
        break;
      case "forgotten":
        this.#drop();
    }
  };
}

function percent(fraction: number): number {
  return Math.floor(fraction * 100);
}
