/** The feed as the device knows it. */

import type { Refusal } from "../refusals";
import type { Watched } from "../watched";

export const PAGE_POSTS = 50;
/** How many posts stay on the device. */
export const RECENT_POSTS = 50;

/** A post's place in the feed. The post itself is in the client's cache, by its id. */
export interface FeedEntry {
  id: string;
  createdAt: string;
  authorId: string;
}

/**
 * - connecting: not heard anything yet
 * - live: what happens is heard
 * - away: the connection is lost, and comes back by itself
 */
export type FeedConnection = "connecting" | "live" | "away";

export interface FeedState {
  /** What is shown, newest first, each post once. */
  entries: readonly FeedEntry[];
  /** How many new posts wait to be shown. */
  waiting: number;
  hasMore: boolean;
  isLoading: boolean;
  /** Whether it was ever read, here or on an earlier day. */
  isKnown: boolean;
  connection: FeedConnection;
  /** Why the last page could not be read. */
  refusal: Refusal | null;
}

/** One viewer's feed, kept current. */
export interface Feed extends Watched<FeedState> {
  /** Shows what the device has kept, brings it up to date, and stays live. */
  start(): void;
  stop(): void;
  /** Reads the next page; does nothing while one is being read, or at the end. */
  loadMore(): Promise<void>;
  /** Shows the new posts that wait. */
  showWaiting(): void;
  /** Reads the first page again: after following somebody, say. */
  refresh(): Promise<void>;
  /** Takes the entries of one's own deletion, or of an author unfollowed, away at once. */
  remove(which: (entry: FeedEntry) => boolean): void;
  /** Takes everything off the device. */
  forget(): Promise<void>;
}
