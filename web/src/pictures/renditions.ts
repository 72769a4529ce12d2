/** What an address at the CDN says of the picture behind it, and which picture serves for another. */

/** The pictures of recent posts: filled by the page. While it is there, somebody is signed in. */
export const RECENT_CACHE = "pictures-recent";
/** The pictures that were seen lately: filled by the service worker. */
export const SEEN_CACHE = "pictures-seen";

/** Two answers for one address are the same picture, whatever was asked along with it. */
export const MATCHING: CacheQueryOptions = { ignoreVary: true };

/** The most economical first. */
const FORMATS = ["avif", "webp", "jpg"];
const ADDRESS = /\/renditions\/([0-9a-f]{16})\/[0-9a-f]{16,64}\/(\d{1,5})\.(avif|webp|jpg)$/;

export interface Rendition {
  url: string;
  /** The same for all renditions of a post, and greater for a later post. */
  post: string;
  widthPx: number;
  format: string;
}

/** Null for an address that is no picture of ours. */
export function renditionOf(url: string): Rendition | null {
  const [, post, width, format] = ADDRESS.exec(url) ?? [];
  if (!post || !format) return null;
  return { url, post, widthPx: Number(width), format };
}

export function renditionsOf(urls: Iterable<string>): Rendition[] {
  return [...urls].map(renditionOf).filter((each) => each !== null);
}

/** Of those that are kept, the narrowest that shows all that was wanted. */
export function sufficing(kept: readonly Rendition[], wanted: Rendition): Rendition | null {
  const wide = byWidth(kept.filter((each) => isOf(wanted, each))).filter(
    ({ widthPx }) => widthPx >= wanted.widthPx,
  );
  return wide.find(({ format }) => format === wanted.format) ?? wide[0] ?? null;
}

/** Of those that are kept, what serves when nothing better can be had. */
export function nearest(kept: readonly Rendition[], wanted: Rendition): Rendition | null {
  const same = byWidth(kept.filter((each) => isOf(wanted, each)));
  return sufficing(same, wanted) ?? same.at(-1) ?? null;
}

/**
 * What a browser takes from a `srcset`: of the two beside what the screen needs, the one that is
 * nearer by ratio, as Chromium's SelectionLogic does; others come to the same or the next wider.
 */
export function pick(
  renditions: readonly Rendition[],
  widthPx: number,
  density: number,
): Rendition | null {
  const format = FORMATS.find((each) => renditions.some((rendition) => rendition.format === each));
  const ordered = byWidth(renditions.filter((each) => each.format === format));
  const needed = widthPx * density;
  const at = ordered.findIndex((each) => each.widthPx >= needed);
  const upper = ordered[at];
  const lower = ordered[at - 1];
  if (!upper) return ordered.at(-1) ?? null;
  if (!lower || density <= 1) return upper;
  return needed >= Math.sqrt(lower.widthPx * upper.widthPx) ? upper : lower;
}

/** Posts by age, newest first, each once. */
export function newest(posts: Iterable<string>, most: number): string[] {
  return [...new Set(posts)].sort().reverse().slice(0, most);
}

function isOf(wanted: Rendition, kept: Rendition): boolean {
  return kept.post === wanted.post;
}

function byWidth(renditions: readonly Rendition[]): Rendition[] {
  return renditions.toSorted((one, other) => one.widthPx - other.widthPx);
}
