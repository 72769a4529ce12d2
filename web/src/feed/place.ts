/**
 * Where in the feed one was: kept in the entry of the browser's history, so that going back and
 * loading the page anew find it, and a link to the feed begins at its top.
 */

/** The post at the top of what is seen, and how far its card begins above or below that. */
export interface Place {
  postId: string;
  /** From the first post, from 0: where to look for it. */
  index: number;
  offsetPx: number;
}

const KEY = "feedPlace";

export function placeLeft(): Place | null {
  const state: unknown = history.state;
  const kept = isObject(state) ? state[KEY] : null;
  return isPlace(kept) ? kept : null;
}

export function leavePlace(place: Place | null): void {
  const state: unknown = history.state;
  history.replaceState({ ...(isObject(state) ? state : {}), [KEY]: place }, "");
}

function isPlace(kept: unknown): kept is Place {
  if (!isObject(kept)) return false;
  const { postId, index, offsetPx } = kept;
  return typeof postId === "string" && typeof index === "number" && typeof offsetPx === "number";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
