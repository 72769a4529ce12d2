/** Listens to the feed for as long as that is wanted, whatever happens to the connection. */

import { FeedUpdatesDocument, type FeedUpdatesSubscription } from "../../gql/graphql";
import type { Graph } from "../graph";
import { Refusal } from "../refusals";

/** The first pause is up to this long, each further one up to twice as long as the last. */
const PAUSE_MS = 500;
const PAUSE_MAX_MS = 30_000;
/** A connection that held for this long was a good one: the next pause is a short one. */
const STEADY_MS = 10_000;

export type FeedUpdate = FeedUpdatesSubscription["feedUpdates"];

/** Who listens. */
export interface Listener {
  /**
   * The moment to listen from: that of the last update. Reads the feed first where it has to be.
   *
   * @throws {Refusal} It could not be read.
   */
  moment(signal: AbortSignal): Promise<string>;
  hear(update: FeedUpdate): void;
  onOpen(): void;
  /** The connection is lost; there will be another. */
  onLost(why: unknown): void;
}

export class Line {
  readonly #graph: Graph;
  readonly #listener: Listener;
  #attempt = new AbortController();

  constructor(graph: Graph, listener: Listener) {
    this.#graph = graph;
    this.#listener = listener;
  }

  /** Listens until `signal` is aborted. */
  async hold(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#attempt = new AbortController();
      const attempt = AbortSignal.any([signal, this.#attempt.signal]);
      const begin = performance.now();
      const why = await this.#listen(attempt);
      if (attempt.aborted) continue;
      this.#listener.onLost(why);
      failures = performance.now() - begin < STEADY_MS ? failures + 1 : 1;
      await pause(pauseMs(failures, why), attempt);
    }
  }

  /** Ends what is being done, and begins again at once with asking for the moment. */
  beginAgain(): void {
    this.#attempt.abort();
  }

  async #listen(signal: AbortSignal): Promise<unknown> {
    const onOpen = (): void => {
      if (!signal.aborted) this.#listener.onOpen();
    };
    try {
      const after = await this.#listener.moment(signal);
      const updates = this.#graph.listen(FeedUpdatesDocument, { after }, { signal, onOpen });
      for await (const { feedUpdates } of updates) {
        if (!signal.aborted) this.#listener.hear(feedUpdates);
        if (signal.aborted) break;
      }
      return null;
    } catch (error) {
      if (!signal.aborted && !(error instanceof Refusal)) reportBug(error);
      return error;
    }
  }
}

/** Whatever it is, the feed goes on; but it is told where all that nobody caught is told. */
function reportBug(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * Exponential backoff with full jitter, so that devices whose server went away do not come back
 * all at once: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
function pauseMs(failures: number, why: unknown): number {
  const most = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** (failures - 1));
  const least = why instanceof Refusal ? (why.retryAfter ?? 0) * 1000 : 0;
  return least + Math.random() * most;
}

/** Waits; not any longer once the network is back, or the page is looked at. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal.aborted) {
      end();
      return;
    }
    signal.addEventListener("abort", end, { signal: over.signal });
    if (typeof window === "undefined") return;
    window.addEventListener("online", end, { signal: over.signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") end();
      },
      { signal: over.signal },
    );
  });
}
