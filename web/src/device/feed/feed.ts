/** Keeps one viewer's feed current: the record, the pages, and what is heard, put together. */

import type { PostFieldsFragment } from "../../gql/graphql";
import type { Graph } from "../graph";
import { Refusal, UNREACHABLE } from "../refusals";
import {
  changed,
  missingFrom,
  replaced,
  withAllShown,
  withNextPage,
  type Change,
  type Known,
} from "./entries";
import { Held } from "./held";
import { Line, type FeedUpdate, type Listener } from "./live";
import { PAGE_POSTS, type Feed, type FeedEntry } from "./model";
import { placed, readAnew, readPage, type ReadPage } from "./pages";
import { Reader } from "./reader";
import { Settling } from "./settling";

/** Whoever has scrolled further keeps this much when the feed is read anew, and scrolls again. */
const ANEW_MAX_POSTS = 1000;

export interface FeedOptions {
  graph: Graph;
  viewerId: string;
  /** Called with every post that is read or heard of. */
  onPosts?: (posts: readonly PostFieldsFragment[]) => void;
  /** Called with the ids of posts that left the feed. */
  onRemoved?: (postIds: readonly string[]) => void;
}

export function createFeed(options: FeedOptions): Feed {
  return new CurrentFeed(options);
}

/**
 * - asked: somebody wants to see it as it is now
 * - incomplete: there may be more than is known
 * - unsure: what is known may not be there any more, either
 */
type Outdated = "asked" | "incomplete" | "unsure";

class CurrentFeed implements Feed, Listener {
  readonly #options: FeedOptions;
  readonly #held: Held;
  readonly #line: Line;
  readonly #reader = new Reader();
  readonly #settling = new Settling();
  readonly getSnapshot: Feed["getSnapshot"];
  readonly subscribe: Feed["subscribe"];
  /** Why the feed has to be read anew, if it has to be. */
  #outdated: Outdated | null = null;
  /** Those who asked for that, and will look at what comes. */
  #asking: (() => void)[] = [];
  #run: AbortController | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#held = new Held(options.viewerId);
    this.#line = new Line(options.graph, this);
    this.getSnapshot = this.#held.state.getSnapshot;
    this.subscribe = this.#held.state.subscribe;
  }

  start(): void {
    if (this.#run) return;
    this.#run = new AbortController();
    void this.#goOn(this.#run.signal);
  }

  stop(): void {
    this.#run?.abort();
    this.#run = null;
    this.#reader.giveUp();
    this.#held.publish({ connection: "connecting" });
    this.#answer();
  }

  async loadMore(): Promise<void> {
    const { end } = this.#held.known;
    if (!this.#run || this.#reader.isReading || !end) return;
    const wish = { first: PAGE_POSTS, after: end.cursor };
    try {
      await this.#read(
        (signal) => readPage(this.#options.graph, wish, signal),
        (page, heard) => withNextPage(this.#held.known, page, heard),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (isBadInput(error)) await this.refresh();
    }
  }

  showWaiting(): void {
    this.#held.know(withAllShown(this.#held.known));
  }

  refresh(): Promise<void> {
    if (!this.#run) {
      this.#outdated ??= "asked";
      return Promise.resolve();
    }
    const answer = new Promise<void>((resolve) => this.#asking.push(resolve));
    this.#beginAgain("asked");
    return answer;
  }

  remove(which: (entry: FeedEntry) => boolean): void {
    const ids = this.#held.known.entries.filter(which).map(({ id }) => id);
    this.#change({ kind: "removed", which });
    this.#tellRemoved(ids);
  }

  async forget(): Promise<void> {
    this.stop();
    await this.#held.forget();
  }

  async moment(signal: AbortSignal): Promise<string> {
    if (this.#held.moment !== null && !this.#outdated) return this.#held.moment;
    this.#settling.wait();
    const { known } = this.#held;
    const isUnsure = this.#outdated === "unsure";
    const count = Math.min(Math.max(known.entries.length, PAGE_POSTS), ANEW_MAX_POSTS);
    try {
      const page = await this.#read(
        (reading) => readAnew(this.#options.graph, count, reading),
        (read, heard) => this.#anew(read, heard),
      );
      if (!page) throw new DOMException("The feed is read once more, or no more", "AbortError");
      this.#tellRemoved(missingFrom(isUnsure ? { ...page, end: null } : page, known));
      return page.moment;
    } finally {
      if (!signal.aborted) this.#answer();
    }
  }

  hear(update: FeedUpdate): void {
    const waits = this.#isLookedAt();
    switch (update.__typename) {
      case "FeedPostAdded":
        this.#held.moment = update.cursor;
        this.#options.onPosts?.([update.post]);
        this.#change({ kind: "added", entry: placed(update.post, null), waits });
        break;
      case "FeedPostRemoved":
        this.#held.moment = update.cursor;
        this.#change({ kind: "removed", which: ({ id }) => id === update.postId });
        this.#tellRemoved([update.postId]);
        break;
      case "FeedAuthorRemoved":
        this.#held.moment = update.cursor;
        this.remove(({ authorId }) => authorId === update.authorId);
        break;
      // With these the moment stays: what is known does not hold at a later one until it is read.
      case "FeedAuthorAdded":
        this.#beginAgain("incomplete");
        break;
      case "FeedGap":
        this.#beginAgain("unsure");
    }
  }

  onOpen(): void {
    this.#settling.isCatchingUp();
    const { refusal } = this.#held.state.getSnapshot();
    this.#held.publish({
      connection: "live",
      refusal: refusal?.code === UNREACHABLE ? null : refusal,
    });
  }

  onLost(why: unknown): void {
    if (isBadInput(why)) this.#outdated = "unsure";
    else this.#settling.end();
    this.#held.publish({ connection: "away" });
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    if (await this.#held.recall(signal)) this.#settling.begin();
    await this.#line.hold(signal);
  }

  async #read(
    ask: (signal: AbortSignal) => Promise<ReadPage>,
    merge: (page: ReadPage, heard: readonly Change[]) => Known,
  ): Promise<ReadPage | null> {
    const reading = this.#reader.read(ask, (page, heard) => {
      const known = merge(page, heard);
      this.#held.know(known, { isKnown: true, refusal: null });
      const there = new Set(known.entries.map(({ id }) => id));
      this.#options.onPosts?.(page.posts.filter(({ id }) => there.has(id)));
    });
    this.#held.publish({ isLoading: true });
    try {
      return await reading;
    } catch (error) {
      if (error instanceof Refusal) this.#held.publish({ refusal: error });
      throw error;
    } finally {
      this.#held.publish({ isLoading: this.#reader.isReading });
    }
  }

  #isLookedAt(): boolean {
    const { entries, waiting } = this.#held.known;
    return !this.#settling.isCatchingUp() && entries.length > waiting.size;
  }

  #anew(page: ReadPage, heard: readonly Change[]): Known {
    const isLookedAt = this.#isLookedAt() && !this.#asking.length;
    this.#held.moment = page.moment;
    this.#outdated = null;
    return replaced(this.#held.known, page, heard, isLookedAt);
  }

  #beginAgain(why: Outdated): void {
    if (this.#outdated !== "unsure") this.#outdated = why;
    this.#reader.giveUp();
    this.#line.beginAgain();
  }

  #answer(): void {
    for (const answer of this.#asking.splice(0)) answer();
  }

  #change(change: Change): void {
    this.#reader.note(change);
    this.#held.know(changed(this.#held.known, change));
  }

  #tellRemoved(postIds: readonly string[]): void {
    if (postIds.length) this.#options.onRemoved?.(postIds);
  }
}

function isBadInput(error: unknown): boolean {
  return error instanceof Refusal && error.code === "BAD_USER_INPUT";
}
