/** Carries all photos of the queue, each as far as it goes; in one tab at a time. */

import type { PostFieldsFragment } from "../../gql/graphql";
import { Journey, statusMs, type Means } from "./journey";
import type { Change, Kept, KeptUpload } from "./kept";
import type { UploadStep } from "./model";
import { rest, waitMs } from "./patience";
import { alone } from "./tabs";
import { verdictOn } from "./verdict";

/** Who hears of it. */
export interface Hearing {
  onStep: (key: string, step: UploadStep, fraction: number) => void;
  /** What is written down has changed. */
  onChanged: () => void;
  onReady: (upload: KeptUpload, photo: Blob | undefined, post: PostFieldsFragment) => void;
}

/** Called with how much had arrived, when a photo goes on where it was: 0 to 1. */
type OnResumed = (fraction: number) => void;

interface Failures {
  inARow: number;
  /** How often its bytes had to be sent from the beginning. */
  anew: number;
}

export class Carrier {
  readonly #name: string;
  readonly #kept: Kept;
  readonly #means: Means;
  readonly #hearing: Hearing;
  readonly #journey: Journey;
  readonly #underWay = new Map<string, { ended: Promise<void>; discard: AbortController }>();
  #hasNews = false;
  #wake: () => void = () => undefined;
  /** Bytes are sent one photo after the other: together none would be there sooner. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(name: string, kept: Kept, means: Means, hearing: Hearing) {
    this.#name = name;
    this.#kept = kept;
    this.#means = means;
    this.#hearing = hearing;
    this.#journey = new Journey(means);
  }

  /** Carries what there is, and what comes meanwhile; returns when nothing is left to carry. */
  async carry(signal: AbortSignal): Promise<void> {
    await alone(this.#name, signal, async () => {
      try {
        do {
          await this.#beginAll(signal);
          await this.#nextEvent();
        } while (this.#hasNews || this.#underWay.size > 0);
      } finally {
        await Promise.allSettled(this.#ends());
      }
    });
  }

  /** Has it see what is new in the queue, or gone. */
  look(): void {
    this.#hasNews = true;
    this.#wake();
  }

  async #beginAll(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#hasNews = false;
    const all = await this.#kept.all();
    for (const [key, { discard }] of this.#underWay) {
      if (!all.some((upload) => upload.key === key)) discard.abort();
    }
    for (const { key, stage } of all) {
      if (stage.at !== "refused" && !this.#underWay.has(key)) this.#begin(key, signal);
    }
  }

  #begin(key: string, signal: AbortSignal): void {
    const discard = new AbortController();
    const ended = this.#carryOne(key, AbortSignal.any([signal, discard.signal]))
      // It is only ever aborted, by us.
      .catch(() => undefined)
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, { ended, discard });
  }

  async #nextEvent(): Promise<void> {
    if (this.#hasNews || this.#underWay.size === 0) return;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, ...this.#ends()]);
  }

  #ends(): Promise<void>[] {
    return [...this.#underWay.values()].map(({ ended }) => ended);
  }

  async #carryOne(key: string, signal: AbortSignal): Promise<void> {
    const failures = { inARow: 0, anew: 0 };
    let reached = 0;
    // What arrived of it before the last cut: then the connection is not so bad.
    const onResumed = (fraction: number) => {
      if (fraction > reached) failures.inARow = 0;
      reached = fraction;
    };
    let isOver = false;
    while (!isOver) {
      try {
        await this.#carryOn(key, onResumed, signal);
        isOver = true;
      } catch (error) {
        signal.throwIfAborted();
        await this.#waitAfter(error, key, failures, signal).catch(() => this.#rest(0, 1, signal));
      }
    }
  }

  /** Returns when nothing is left to do: it has arrived, was refused, or was discarded. */
  async #carryOn(key: string, onResumed: OnResumed, signal: AbortSignal): Promise<void> {
    const postId = await this.#inTurn(signal, () => this.#send(key, onResumed, signal));
    if (postId === null) return;
    this.#hearing.onStep(key, "processing", 0);
    const post = await this.#becomesReady(postId, signal);
    const upload = await this.#kept.find(key);
    const photo = await this.#kept.photo(key);
    await this.#kept.remove(key);
    if (upload && post) this.#hearing.onReady(upload, photo, post);
    this.#hearing.onChanged();
  }

  /** Takes all steps until it is a post, whose id it returns; null if it never will be. */
  async #send(key: string, onResumed: OnResumed, signal: AbortSignal): Promise<string | null> {
    const photo = await this.#kept.photo(key);
    for (;;) {
      signal.throwIfAborted();
      const upload = await this.#kept.find(key);
      if (!upload || upload.stage.at === "refused") return null;
      if (upload.stage.at === "posted") return upload.stage.postId;
      await this.#change(key, await this.#goOn(upload, photo, onResumed, signal), signal);
    }
  }

  #goOn(
    upload: KeptUpload,
    photo: Blob | undefined,
    onResumed: OnResumed,
    signal: AbortSignal,
  ): Promise<Change> {
    const { key, stage } = upload;
    const step = stage.at === "sent" ? "publishing" : "sending";
    let isFirst = stage.at === "resumable";
    this.#hearing.onStep(key, step, 0);
    return this.#journey.goOn({
      upload,
      photo,
      signal,
      keep: (stage) => this.#change(key, { stage }, signal),
      onProgress: (fraction) => {
        if (isFirst) onResumed(fraction);
        isFirst = false;
        this.#hearing.onStep(key, step, fraction);
      },
    });
  }

  async #becomesReady(postId: string, signal: AbortSignal): Promise<PostFieldsFragment | null> {
    for (let asked = 0; ; asked += 1) {
      const post = await this.#journey.status(postId, signal);
      if (post?.status !== "PROCESSING") return post;
      await rest(statusMs(asked), this.#means.network, signal);
    }
  }

  async #waitAfter(
    error: unknown,
    key: string,
    failures: Failures,
    signal: AbortSignal,
  ): Promise<void> {
    const upload = await this.#kept.find(key);
    if (!upload) return;
    const verdict = verdictOn(error, upload);
    if (verdict.comes === "over") return this.#remove(key);
    if (verdict.change) await this.#change(key, verdict.change, signal);
    if (verdict.comes === "refused") return;
    if (upload.stage.at !== "posted") this.#hearing.onStep(key, "waiting", 0);
    if (verdict.comes === "anew") failures.anew += 1;
    else failures.inARow += 1;
    await this.#rest(verdict.seconds * 1_000, Math.max(failures.inARow, failures.anew), signal);
  }

  async #remove(key: string): Promise<void> {
    await this.#kept.remove(key);
    this.#hearing.onChanged();
  }

  async #rest(leastMs: number, failures: number, signal: AbortSignal): Promise<void> {
    const { patience, network } = this.#means;
    await rest(Math.max(waitMs(failures, patience), leastMs), network, signal);
  }

  /** @throws {Error} It was discarded meanwhile: whatever was done is not done on. */
  async #change(key: string, change: Change, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!(await this.#kept.change(key, change))) throw new Error("It was discarded.");
    this.#hearing.onChanged();
  }

  #inTurn<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    const mine = this.#turn.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
