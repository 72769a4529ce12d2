/** What is shown of the queue: what is written down, what is happening, and what has arrived. */

import { Refusal } from "../refusals";
import { Watchable } from "../watched";
import type { Kept, KeptUpload, Stage } from "./kept";
import type { UploadState, UploadStep } from "./model";

/** How many that are off the device already are shown, for as long as the page is open. */
const READY_MAX = 20;

export interface Live {
  step: UploadStep;
  fraction: number;
}

interface Shown {
  upload: KeptUpload;
  photo: Blob;
}

export class States {
  readonly watched = new Watchable<readonly UploadState[]>([]);
  readonly #kept: Kept;
  #shown = new Map<string, Shown>();
  readonly #live = new Map<string, Live>();
  readonly #ready = new Map<string, Shown & { postId: string }>();
  #isStale = false;
  #reading: Promise<void> | null = null;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Shows what is written down now. */
  read(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  seeStep(key: string, live: Live): void {
    this.#live.set(key, live);
    this.#show();
  }

  /** `shown`: what it was, in the tab that has sent it. */
  becomeReady(key: string, postId: string, shown = this.#shown.get(key)): void {
    if (!shown) return;
    this.#ready.set(key, { ...shown, postId });
    for (const oldest of [...this.#ready.keys()].slice(0, -READY_MAX)) this.#ready.delete(oldest);
    this.#show();
  }

  discard(key: string): void {
    this.#ready.delete(key);
    this.#shown.delete(key);
    this.#show();
  }

  drop(): void {
    this.#isStale = false;
    this.#shown = new Map();
    this.#live.clear();
    this.#ready.clear();
    this.watched.set([]);
  }

  async #readAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const shown = new Map<string, Shown>();
      for (const upload of await this.#kept.all()) {
        const photo = this.#shown.get(upload.key)?.photo ?? (await this.#kept.photo(upload.key));
        if (photo) shown.set(upload.key, { upload, photo });
      }
      this.#shown = shown;
      this.#show();
    }
  }

  #show(): void {
    for (const key of this.#live.keys()) if (!this.#shown.has(key)) this.#live.delete(key);
    const onTheirWay = [...this.#shown.values()]
      .filter(({ upload }) => !this.#ready.has(upload.key))
      .map((shown) => ({
        order: shown.upload.order,
        state: stateOf(shown, this.#live.get(shown.upload.key)),
      }));
    const ready = [...this.#ready.values()].map((shown) => ({
      order: shown.upload.order,
      state: { ...stateOf(shown), step: "ready" as const, fraction: 1, postId: shown.postId },
    }));
    const all = [...ready, ...onTheirWay].sort((one, other) => one.order - other.order);
    this.watched.set(all.map(({ state }) => state));
  }
}

const STEPS: Record<Stage["at"], UploadStep> = {
  new: "waiting",
  form: "waiting",
  resumable: "waiting",
  sent: "publishing",
  posted: "processing",
  refused: "refused",
};

function stateOf({ upload, photo }: Shown, live?: Live): UploadState {
  const { key, description, altText, bytes, originalBytes, stage } = upload;
  const isUnderWay = stage.at !== "refused" && live !== undefined;
  return {
    key,
    description,
    altText,
    bytes,
    originalBytes,
    photo,
    step: isUnderWay ? live.step : STEPS[stage.at],
    fraction: isUnderWay ? live.fraction : 0,
    postId: stage.at === "posted" ? stage.postId : null,
    refusal: stage.at === "refused" ? refusalOf(stage) : null,
  };
}

/** The same object for the same stage, as long as it is not read again. */
function refusalOf({ code, message, path }: Stage & { at: "refused" }): Refusal {
  return new Refusal(code, message, { path });
}
