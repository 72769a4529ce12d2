/** Brings one back to where one was in the feed, and remembers where that is. */

import { useEffect, useLayoutEffect, useRef, useState } from "react";

import type { FeedEntry } from "../device/feed/model";
import { drawnRows } from "./articles";
import { leavePlace, placeLeft, type Place } from "./place";

/** After the last movement, so that the history is not written with every pixel. */
const STILL_MS = 120;
/** What is above this is hidden by the frame's head. */
const HEAD_PX = 72;

export interface Sought {
  place: Place | null;
  /** Which entry it is; -1 while it is not known. */
  index: number;
  /** It lies below what is known of the feed. */
  isBelow: boolean;
}

/** Where one was when one left, until one scrolls oneself. */
export function useSought(entries: readonly FeedEntry[]): Sought {
  const [place, setPlace] = useState(placeLeft);
  const index = place ? indexOf(place, entries) : -1;
  const isBelow = place !== null && index < 0;
  useEffect(() => {
    if (!isBelow) return;
    const giveUp = () => {
      if (scrollY > 0) setPlace(null);
    };
    addEventListener("scroll", giveUp, { passive: true });
    return () => {
      removeEventListener("scroll", giveUp);
    };
  }, [isBelow]);
  return { place, index, isBelow };
}

/** What a list can tell of where things are in it, and be told. */
interface Scrolled {
  getOffsetForIndex: (index: number, align: "start") => readonly [number, string] | undefined;
  scrollToOffset: (offsetPx: number) => void;
}

/** Goes there once, as soon as it is known where it is, and where the list begins. */
export function useReturn(
  { place, index }: Sought,
  isLaidOut: boolean,
  { getOffsetForIndex, scrollToOffset }: Scrolled,
): void {
  const isDone = useRef(false);
  const isKnown = isLaidOut && index >= 0;
  useLayoutEffect(() => {
    if (!place || !isKnown || isDone.current) return;
    isDone.current = true;
    const [startPx] = getOffsetForIndex(index, "start") ?? [0];
    scrollToOffset(startPx - place.offsetPx);
  }, [place, index, isKnown, getOffsetForIndex, scrollToOffset]);
}

/** Remembers what is at the top of the window, as long as the feed is shown. */
export function useLeaving({ isBelow }: Sought): void {
  useEffect(() => {
    // The browser would go by pixels, of which there may be more by then.
    history.scrollRestoration = "manual";
    return () => {
      history.scrollRestoration = "auto";
    };
  }, []);
  useEffect(() => {
    if (isBelow) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = () => {
      clearTimeout(timer);
      timer = undefined;
      leavePlace(placeNow());
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(leave, STILL_MS);
    };
    // Whoever presses a link is gone before one can tell that nothing moves any more.
    const atOnce = () => {
      if (timer !== undefined) leave();
    };
    addEventListener("scroll", later, { passive: true });
    addEventListener("click", atOnce, { capture: true });
    addEventListener("pagehide", atOnce);
    return () => {
      clearTimeout(timer);
      removeEventListener("scroll", later);
      removeEventListener("click", atOnce, { capture: true });
      removeEventListener("pagehide", atOnce);
    };
  }, [isBelow]);
}

/** Where the post is; if it is gone, the one in its place. */
function indexOf({ postId, index }: Place, entries: readonly FeedEntry[]): number {
  const found = entries.findIndex(({ id }) => id === postId);
  return found < 0 && index < entries.length ? index : found;
}

/** Null at the top, where one sees what is new. */
function placeNow(): Place | null {
  if (scrollY === 0) return null;
  const first = drawnRows().find(({ bottom }) => bottom > HEAD_PX);
  return first ? { postId: first.postId, index: first.index, offsetPx: first.top } : null;
}
