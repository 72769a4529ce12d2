/** The pictures of recent posts, kept by the page itself. */

import { RECENT_POSTS } from "../device/feed/model";
import { inIdleTime, savesData } from "./leisure";
import type { PictureOf, Pictures } from "./model";
import {
  MATCHING,
  newest,
  pick,
  RECENT_CACHE,
  renditionsOf,
  SEEN_CACHE,
  type Rendition,
} from "./renditions";
import { cardWidth } from "./sizes";

/** How many are loaded at once. */
const LANES = 2;

const NOTHING_KEPT: Pictures = {
  keep: () => undefined,
  remove: () => Promise.resolve(),
  forget: () => Promise.resolve(),
};

/**
 * The page writes into the cache that the service worker reads. It needs no answer from a worker
 * then, which may not be there yet on a first visit, or ever; where there is no cache either, over
 * plain http or in some private windows, nothing is kept.
 */
export function createPictures(): Pictures {
  return "caches" in globalThis ? new RecentPictures() : NOTHING_KEPT;
}

class RecentPictures implements Pictures {
  readonly #wanted = new Map<string, Rendition[]>();
  #stopping = new AbortController();
  #isChanged = false;
  #isSettling = false;

  keep(pictures: readonly PictureOf[]): void {
    for (const { urls } of pictures) {
      const renditions = renditionsOf(urls);
      const [first] = renditions;
      if (first) this.#wanted.set(first.post, renditions);
    }
    void this.#settle();
  }

  async remove({ urls }: PictureOf): Promise<void> {
    const posts = new Set(renditionsOf(urls).map(({ post }) => post));
    for (const post of posts) this.#wanted.delete(post);
    await quietly(removePosts(posts));
  }

  async forget(): Promise<void> {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    this.#isChanged = false;
    this.#wanted.clear();
    await quietly(forgetAll());
  }

  async #settle(): Promise<void> {
    this.#isChanged = true;
    if (this.#isSettling) return;
    this.#isSettling = true;
    while (this.#isChanged) {
      this.#isChanged = false;
      await quietly(this.#settleOnce(this.#stopping.signal));
    }
    this.#isSettling = false;
  }

  async #settleOnce(signal: AbortSignal): Promise<void> {
    // What is forgotten while this is under way is gone with this cache: it is not made anew.
    const recent = await caches.open(RECENT_CACHE);
    const missing = await this.#makeRoom(recent);
    const lanes = Array.from({ length: LANES }, () => this.#keepEach(missing, recent, signal));
    const ends = await Promise.allSettled(lanes);
    if (ends.every(({ status }) => status === "fulfilled")) return;
    globalThis.addEventListener("online", () => void this.#settle(), { once: true, signal });
  }

  /** Lets go of what is no longer recent; those that are and have no picture yet, newest first. */
  async #makeRoom(recent: Cache): Promise<string[]> {
    const kept = await renditionsIn(recent);
    const posts = new Set(kept.map(({ post }) => post));
    const stay = newest([...posts, ...this.#wanted.keys()], RECENT_POSTS);
    for (const { url, post } of kept) if (!stay.includes(post)) await recent.delete(url, MATCHING);
    for (const post of [...this.#wanted.keys()])
      if (!stay.includes(post)) this.#wanted.delete(post);
    return stay.filter((post) => !posts.has(post));
  }

  /** @throws When the network is away, or the device has no room: then no more is tried. */
  async #keepEach(missing: string[], recent: Cache, signal: AbortSignal): Promise<void> {
    for (let post = missing.shift(); post; post = missing.shift()) {
      await inIdleTime();
      signal.throwIfAborted();
      await this.#keepOne(post, recent, signal);
    }
  }

  async #keepOne(post: string, recent: Cache, signal: AbortSignal): Promise<void> {
    const best = pick(this.#wanted.get(post) ?? [], cardWidth(innerWidth), devicePixelRatio);
    if (!best) return;
    const response = (await takeSeen(best)) ?? (await load(best, signal));
    if (response?.status === 200) await recent.put(best.url, response);
    // It may have been deleted while it was on its way.
    if (!this.#wanted.has(post)) await recent.delete(best.url, MATCHING);
  }
}

/** What was shown already is moved, not loaded again. */
async function takeSeen({ url }: Rendition): Promise<Response | undefined> {
  if (!(await caches.has(SEEN_CACHE))) return undefined;
  const seen = await caches.open(SEEN_CACHE);
  const response = await seen.match(url, MATCHING);
  if (response) await seen.delete(url, MATCHING);
  return response;
}

async function load({ url }: Rendition, signal: AbortSignal): Promise<Response | undefined> {
  return savesData() ? undefined : fetch(url, { signal, priority: "low" });
}

async function removePosts(posts: ReadonlySet<string>): Promise<void> {
  for (const name of [RECENT_CACHE, SEEN_CACHE]) {
    if (!(await caches.has(name))) continue;
    const cache = await caches.open(name);
    const gone = (await renditionsIn(cache)).filter(({ post }) => posts.has(post));
    for (const { url } of gone) await cache.delete(url, MATCHING);
  }
}

async function forgetAll(): Promise<void> {
  // In this order: see the service worker.
  await caches.delete(RECENT_CACHE);
  if (!(await caches.delete(SEEN_CACHE))) return;
  // When each was last seen is kept apart, with its address.
  const { CacheExpiration } = await import("workbox-expiration");
  await new CacheExpiration(SEEN_CACHE, { maxEntries: 1 }).delete();
}

async function renditionsIn(cache: Cache): Promise<Rendition[]> {
  return renditionsOf((await cache.keys()).map(({ url }) => url));
}

/** Without room or network the pictures are shown all the same, only not kept. */
async function quietly(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}
