/** What of the cache stays on the device: one record a viewer, with the recent posts. */

import type { SerializedEntries, StorageAdapter } from "@urql/exchange-graphcache";
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";

import { recent } from "./recent";

export interface KeptCache extends StorageAdapter {
  /** Resolves when what was kept is in the cache. */
  readonly isRead: Promise<void>;
  /** Writes what has changed, and drops what stays no longer. */
  save(): Promise<void>;
  /** Ends it, and takes everything off the device. */
  forget(): Promise<void>;
}

export interface KeepingOptions {
  viewerId: string;
  /** Ids of the posts that stay. */
  keeps: () => Promise<readonly string[]>;
  /** Tells when the page may be gone any moment; a document. */
  visibility: EventTarget;
}

/** The database of a viewer's cache. */
export function cacheDatabase(viewerId: string): string {
  return `${CACHE_DATABASES}${viewerId}`;
}

export function keptCache(options: KeepingOptions): KeptCache {
  return new RecentEntries(options);
}

const CACHE_DATABASES = "photofeed-cache-";
/** Raised when entries mean something else than before; what was kept until then is dropped. */
const LAYOUT = 1;
/** Many changes are written at once, and soon: a deletion finds the pictures of what is written. */
const SAVE_AFTER_MS = 100;
/** Entries of some 200 posts. */
const ASIDE_MAX = 10_000;

interface Tables extends DBSchema {
  cache: { key: "record"; value: { layout: number; entries: SerializedEntries } };
}

class RecentEntries implements KeptCache {
  readonly isRead: Promise<void>;
  onCacheHydrated: () => void = () => undefined;
  readonly #options: KeepingOptions;
  readonly #name: string;
  #opened: Promise<IDBPDatabase<Tables> | null> | null;
  #changed: SerializedEntries = {};
  /** What was not to stay, latest last: it is not told again when it is to stay after all. */
  #aside: SerializedEntries = {};
  #saving: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: KeepingOptions) {
    this.#options = options;
    this.#name = cacheDatabase(options.viewerId);
    this.#opened = this.#open();
    this.isRead = new Promise((resolve) => {
      this.onCacheHydrated = resolve;
    });
    options.visibility.addEventListener("visibilitychange", this.#saveDue);
  }

  async readData(): Promise<SerializedEntries> {
    const database = await this.#opened;
    const record = await database?.get("cache", "record").catch(() => null);
    return record && isRecord(record) ? record.entries : {};
  }

  async writeData(delta: SerializedEntries): Promise<void> {
    if (!this.#opened || Object.keys(delta).length === 0) return;
    Object.assign(this.#changed, delta);
    this.#timer ??= setTimeout(this.#saveDue, SAVE_AFTER_MS);
    return Promise.resolve();
  }

  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  async forget(): Promise<void> {
    this.#options.visibility.removeEventListener("visibilitychange", this.#saveDue);
    clearTimeout(this.#timer);
    const opened = this.#opened;
    this.#opened = null;
    this.#changed = {};
    this.#aside = {};
    await this.#saving;
    (await opened)?.close();
    await deleteDB(this.#name).catch(() => undefined);
  }

  readonly #saveDue = () => {
    if (this.#timer !== undefined) void this.save();
  };

  /** A device without room keeps what it has; the next page reads the rest from the network. */
  async #saveAll(): Promise<void> {
    const database = await this.#opened;
    if (!database) return;
    const changed = this.#changed;
    this.#changed = {};
    const kept = { viewerId: this.#options.viewerId, postIds: await this.#options.keeps() };
    try {
      const writing = database.transaction("cache", "readwrite");
      // Another tab may have written since.
      const found = await writing.store.get("record");
      const all = { ...this.#aside, ...(isRecord(found) ? found.entries : {}), ...changed };
      const entries = recent(all, kept);
      this.#aside = lastBut(entries, all);
      await Promise.all([writing.store.put({ layout: LAYOUT, entries }, "record"), writing.done]);
    } catch {
      return;
    }
  }

  async #open(): Promise<IDBPDatabase<Tables> | null> {
    const open = () =>
      openDB<Tables>(this.#name, 1, {
        upgrade: (database) => database.createObjectStore("cache"),
        // Another tab forgets everything, and waits for us. There is no coming back: see `forget`.
        blocking: () => void this.#close(),
        terminated: () => {
          this.#opened = null;
        },
      });
    try {
      return await open().catch(async () => {
        await deleteDB(this.#name);
        return open();
      });
    } catch {
      return null;
    }
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    (await opened)?.close();
  }
}

/** Of what is known the last, but for what is in `entries` and what is gone. */
function lastBut(entries: SerializedEntries, known: SerializedEntries): SerializedEntries {
  const others = Object.entries(known).filter(
    ([name, value]) => value !== undefined && !(name in entries),
  );
  return Object.fromEntries(others.slice(-ASIDE_MAX));
}

function isRecord(found: unknown): found is Tables["cache"]["value"] {
  const { layout, entries } = (found ?? {}) as Partial<Tables["cache"]["value"]>;
  return layout === LAYOUT && typeof entries === "object";
}
