/** Pictures from the device first; without a network, any variant of the same picture. */

import { CacheableResponsePlugin } from "workbox-cacheable-response";
import type { RouteMatchCallback, WorkboxPlugin } from "workbox-core";
import { ExpirationPlugin } from "workbox-expiration";
import { CacheFirst } from "workbox-strategies";

import {
  MATCHING,
  nearest,
  RECENT_CACHE,
  renditionOf,
  renditionsOf,
  SEEN_CACHE,
  sufficing,
  type Rendition,
} from "../renditions";

const SEEN_MAX_ENTRIES = 150;
/** For as long as the server can still tell a device which posts were deleted. */
const SEEN_MAX_SECONDS = 24 * 60 * 60;
const SERVER_ERRORS = 500;

/** What a page shows, not what it fetches to keep: that, it keeps itself. */
export const isPicture: RouteMatchCallback = ({ request, url }) =>
  request.destination === "image" && request.mode === "cors" && renditionOf(url.href) !== null;

/** The pictures of recent posts are looked at first, and anything that is wide enough. */
const recentFirst: WorkboxPlugin = {
  cachedResponseWillBeUsed: async ({ cachedResponse, request }) =>
    cachedResponse ?? (await kept([RECENT_CACHE], request.url, sufficing)),
};

/** A store that is away is no answer; that a picture is gone is one. */
const orAnother: WorkboxPlugin = {
  fetchDidSucceed: ({ response }) =>
    response.status >= SERVER_ERRORS
      ? Promise.reject(new Error(`The CDN answered ${response.status}.`))
      : Promise.resolve(response),
  handlerDidError: ({ request }) => kept([RECENT_CACHE, SEEN_CACHE], request.url, nearest),
};

/**
 * Whoever signs out leaves nothing behind, not even a picture that was on its way: forgetting takes
 * the recent ones away first, and what comes in later finds them gone.
 */
const whileSignedIn: WorkboxPlugin = {
  cacheWillUpdate: async ({ response }) => ((await caches.has(RECENT_CACHE)) ? response : null),
  cacheDidUpdate: async ({ cacheName }) => {
    if (!(await caches.has(RECENT_CACHE))) await caches.delete(cacheName);
  },
};

export const pictures = new CacheFirst({
  cacheName: SEEN_CACHE,
  matchOptions: MATCHING,
  plugins: [
    new CacheableResponsePlugin({ statuses: [200] }),
    new ExpirationPlugin({
      maxEntries: SEEN_MAX_ENTRIES,
      maxAgeSeconds: SEEN_MAX_SECONDS,
      matchOptions: MATCHING,
      purgeOnQuotaError: true,
    }),
    recentFirst,
    orAnother,
    whileSignedIn,
  ],
});

type Choice = (kept: readonly Rendition[], wanted: Rendition) => Rendition | null;

async function kept(cacheNames: readonly string[], url: string, choose: Choice) {
  const wanted = renditionOf(url);
  if (!wanted) return undefined;
  const all = await Promise.all(cacheNames.map(keptIn));
  const chosen = choose(all.flat(), wanted);
  return chosen ? caches.match(chosen.url, MATCHING) : undefined;
}

async function keptIn(cacheName: string): Promise<Rendition[]> {
  // Opened without a look, a cache that is not there would be made.
  if (!(await caches.has(cacheName))) return [];
  const cache = await caches.open(cacheName);
  return renditionsOf((await cache.keys()).map(({ url }) => url));
}
