/** What is known of the feed, and what pages and updates make of it. Nothing here asks or waits. */

import { RECENT_POSTS, type FeedEntry } from "./model";

/** An entry, and the place behind it, from which the feed goes on; null if it was only heard of. */
export interface Placed extends FeedEntry {
  cursor: string | null;
}

/** How far down the feed is known. Without a cursor, what lies below is read from the top. */
export interface End {
  createdAt: string;
  cursor: string | null;
}

export interface Page {
  /** Newest first. */
  entries: readonly Placed[];
  /** Null if there is nothing below. */
  end: End | null;
}

/** Every post of the feed down to `end`, those that wait to be shown among them. */
export interface Known extends Page {
  waiting: ReadonlySet<string>;
}

export type Change =
  | { kind: "added"; entry: Placed; waits: boolean }
  | { kind: "removed"; which: (entry: FeedEntry) => boolean };

const NOBODY: ReadonlySet<string> = new Set();

export const NOTHING: Known = { entries: [], waiting: NOBODY, end: null };

/** Applies a change; applied twice, it changes nothing more. */
export function changed(known: Known, change: Change): Known {
  return change.kind === "added"
    ? withAdded(known, change.entry, change.waits)
    : without(known, change.which);
}

/**
 * Puts the page behind `known.end` below what is known. What was heard while it was on its way is
 * applied again: the page may have been read before it happened, and what lay below the end was
 * none of our business until now.
 */
export function withNextPage(known: Known, page: Page, heard: readonly Change[]): Known {
  const placed = new Map(page.entries.map((entry) => [entry.id, entry]));
  const entries = known.entries.map((entry) => placed.get(entry.id) ?? entry);
  for (const { id } of known.entries) placed.delete(id);
  const joined = [...entries, ...placed.values()].sort(byAge);
  return heard.reduce(changedAtOnce, { ...known, entries: joined, end: page.end });
}

/**
 * Takes the page from the top instead of all that is known. With `isLookedAt`, what is newer than
 * all that is shown has to wait, unless nothing else would be left to be shown.
 */
export function replaced(
  known: Known,
  page: Page,
  heard: readonly Change[],
  isLookedAt: boolean,
): Known {
  const [top] = shownOf(known);
  const isNewer = (entry: Placed): boolean => top !== undefined && byAge(entry, top) < 0;
  const entries = [...page.entries].sort(byAge);
  const newer = isLookedAt ? entries.filter(isNewer) : [];
  const waiting = new Set(newer.length < entries.length ? newer.map(({ id }) => id) : []);
  return heard.reduce(changedAtOnce, { entries, waiting, end: page.end });
}

/** Ids that a page from the top would have if they were in the feed, but has not. */
export function missingFrom(page: Page, known: Known): string[] {
  const there = new Set(page.entries.map(({ id }) => id));
  return known.entries
    .filter(({ id, createdAt }) => !there.has(id) && (!page.end || createdAt > page.end.createdAt))
    .map(({ id }) => id);
}

export function withAllShown(known: Known): Known {
  return known.waiting.size ? { ...known, waiting: NOBODY } : known;
}

export function shownOf({ entries, waiting }: Known): readonly Placed[] {
  return waiting.size ? entries.filter(({ id }) => !waiting.has(id)) : entries;
}

/** The newest posts, and where the feed goes on below them. */
export function recentOf({ entries, end }: Known): Page {
  const recent = entries.slice(0, RECENT_POSTS);
  const last = recent.at(-1);
  const next = entries[RECENT_POSTS];
  if (!last || !next) return { entries: recent, end };
  // In the server's order the next may come before the last, and behind its place be missed.
  const isSure = next.createdAt !== last.createdAt;
  return {
    entries: recent,
    end: { createdAt: last.createdAt, cursor: isSure ? last.cursor : null },
  };
}

function withAdded(known: Known, entry: Placed, waits: boolean): Known {
  const { entries, waiting } = known;
  if (isBelow(known, entry) || entries.some(({ id }) => id === entry.id)) return known;
  const older = entries.findIndex((other) => byAge(entry, other) < 0);
  return {
    ...known,
    entries: entries.toSpliced(older < 0 ? entries.length : older, 0, entry),
    waiting: waits ? new Set(waiting).add(entry.id) : waiting,
  };
}

function without(known: Known, which: (entry: FeedEntry) => boolean): Known {
  const entries = known.entries.filter((entry) => !which(entry));
  if (entries.length === known.entries.length) return known;
  const waiting = entries.filter(({ id }) => known.waiting.has(id)).map(({ id }) => id);
  return { ...known, entries, waiting: new Set(waiting) };
}

/** What was heard of a page is on the page for whoever sees it. */
function changedAtOnce(known: Known, change: Change): Known {
  return changed(known, change.kind === "added" ? { ...change, waits: false } : change);
}

/** Whether a post comes with a later page. One as old as the end may be on either side of it. */
function isBelow({ end }: Known, { createdAt }: FeedEntry): boolean {
  return end !== null && createdAt < end.createdAt;
}

/**
 * Newest first. The server tells posts of the same millisecond apart by a number that is hidden in
 * their ids; an order of our own does as well, as long as it is one.
 */
function byAge(one: FeedEntry, other: FeedEntry): number {
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt ? -1 : 1;
  return one.id === other.id ? 0 : one.id > other.id ? -1 : 1;
}
