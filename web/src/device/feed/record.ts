/** What of the feed stays on the device: the newest entries, and the moment as of which they hold. */

import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { End, Page, Placed } from "./entries";
import { RECENT_POSTS } from "./model";

const DATABASE = "photofeed-feed";
const VERSION = 1;

export interface FeedRecord extends Page {
  /** Where to listen from. */
  moment: string;
}

interface Schema extends DBSchema {
  records: { key: string; value: FeedRecord };
}

/** The viewer's record; null if there is none, or none that can be trusted. */
export async function readRecord(viewerId: string): Promise<FeedRecord | null> {
  try {
    const found: unknown = await withDatabase((database) => database.get("records", viewerId));
    return isRecord(found) ? found : null;
  } catch {
    // Whatever is wrong with it, the feed can be read without. The next write begins anew.
    void clear().catch(() => undefined);
    return null;
  }
}

/** Ids of the posts that open without a network. */
export async function recentPostIds(viewerId: string): Promise<readonly string[]> {
  const record = await readRecord(viewerId);
  return record ? record.entries.map(({ id }) => id) : [];
}

/**
 * Writes one viewer's record. Of all tabs one writes, so that the record does not go back to what
 * a slower one knows; when it is closed, the next takes over.
 */
export class RecordKeeper {
  readonly #viewerId: string;
  #latest: FeedRecord | null = null;
  #writing: Promise<void> | null = null;
  /** This tab's turn, while it is not aborted. */
  #turn: AbortSignal | null = null;

  constructor(viewerId: string) {
    this.#viewerId = viewerId;
  }

  /** Writes what it is given, as soon as it is this tab's turn, until `signal` is aborted. */
  start(signal: AbortSignal): void {
    void this.#takeTurn(signal).catch((error: unknown) => {
      if (!signal.aborted) reportError(error);
    });
  }

  /** Entries and moment go in one write: no moment is kept without what happened before it. */
  keep(record: FeedRecord): void {
    this.#latest = record;
    this.#write();
  }

  async forget(): Promise<void> {
    this.#turn = null;
    this.#latest = null;
    await this.#writing;
    await withDatabase((database) => database.delete("records", this.#viewerId)).catch(clear);
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    const turn = async (): Promise<void> => {
      this.#turn = signal;
      this.#write();
      await aborted(signal);
      await this.#writing;
    };
    // Not there on pages that came over plain HTTP from another machine.
    if (typeof navigator === "undefined" || !("locks" in navigator)) return turn();
    await navigator.locks.request(`${DATABASE}:${this.#viewerId}`, { signal }, turn);
  }

  #write(): void {
    if (this.#turn?.aborted === false && this.#latest) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#latest; next; next = this.#latest) {
      this.#latest = null;
      const record = next;
      // A device without room for it has to read the feed anew next time; that is all.
      await withDatabase((database) => database.put("records", record, this.#viewerId)).catch(
        () => undefined,
      );
    }
    this.#writing = null;
  }
}

async function clear(): Promise<void> {
  await deleteDB(DATABASE);
}

async function withDatabase<Result>(
  use: (database: IDBPDatabase<Schema>) => Promise<Result>,
): Promise<Result> {
  const database = await openDB<Schema>(DATABASE, VERSION, {
    upgrade: (created) => created.createObjectStore("records"),
  });
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

function isRecord(found: unknown): found is FeedRecord {
  if (!isObject(found)) return false;
  const { entries, end, moment } = found;
  return (
    typeof moment === "string" &&
    Array.isArray(entries) &&
    entries.length <= RECENT_POSTS &&
    entries.every(isPlaced) &&
    (end === null || isEnd(end))
  );
}

function isPlaced(found: unknown): found is Placed {
  return (
    isEnd(found) &&
    "id" in found &&
    typeof found.id === "string" &&
    "authorId" in found &&
    typeof found.authorId === "string"
  );
}

function isEnd(found: unknown): found is End {
  if (!isObject(found)) return false;
  const { createdAt, cursor } = found;
  return typeof createdAt === "string" && (cursor === null || typeof cursor === "string");
}

function isObject(found: unknown): found is Record<string, unknown> {
  return typeof found === "object" && found !== null;
}
