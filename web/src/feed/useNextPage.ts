/** Asks for the next page well before one gets there. */

import { useEffect } from "react";

import type { Feed, FeedState } from "../device/feed/model";

/** How many posts from the end. */
const AHEAD_POSTS = 15;

interface NextPage {
  feed: Feed;
  state: FeedState;
  /** The last post that is drawn, from 0. */
  lastDrawn: number;
  /** Where one wants to be is further down. */
  isReturning: boolean;
}

export function useNextPage({ feed, state, lastDrawn, isReturning }: NextPage): void {
  const { entries, hasMore, isLoading, refusal } = state;
  const isNear = isReturning || lastDrawn >= entries.length - AHEAD_POSTS;
  const isWanted = isNear && hasMore && !isLoading && !refusal;
  const count = entries.length;
  useEffect(() => {
    if (isWanted) void feed.loadMore();
  }, [feed, isWanted, count]);
}
