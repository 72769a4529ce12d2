/** The posts, of which only those near the window are drawn. */

import { defaultRangeExtractor, useWindowVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, useMemo, useState } from "react";
import { useClient } from "urql";

import type { Feed, FeedEntry, FeedState } from "../device/feed/model";
import { PostCard } from "../posts/PostCard";
import { useArticleKeys, useFocusedPost } from "./articles";
import { useColumn, type Column } from "./column";
import { Heights } from "./heights";
import styles from "./PostList.module.css";
import { useNextPage } from "./useNextPage";
import { useLeaving, useReturn, useSought, type Sought } from "./usePlace";

const GAP_REM = 1.5;
/** Cards that are drawn above and below what is seen. */
const OVERSCAN = 3;
/** Who has scrolled further than this looks at something that must not move. */
const TOP_PX = 48;

interface PostListProps {
  feed: Feed;
  state: FeedState;
}

/** In another width all cards have another height: it begins anew, at the place where one is. */
export function PostList(props: PostListProps) {
  const column = useColumn();
  return <Rows key={column.widthPx} column={column} {...props} />;
}

function Rows({ feed, state, column }: PostListProps & { column: Column }) {
  const { entries, hasMore, isLoading } = state;
  const client = useClient();
  const heights = useMemo(() => new Heights(client, column), [client, column]);
  const keyOf = useCallback((index: number) => entries[index]?.id ?? index, [entries]);
  const gapPx = GAP_REM * column.remPx;
  const focusedId = useFocusedPost();
  const [top, topRef] = useTop(column);
  const sought = useSought(entries);
  const virtualizer = useWindowVirtualizer<HTMLDivElement>({
    count: entries.length,
    getItemKey: keyOf,
    estimateSize: (index) => heights.of(entries[index]?.id ?? ""),
    gap: gapPx,
    overscan: OVERSCAN,
    scrollMargin: top,
    initialOffset: () => roughStart(sought, entries, heights, gapPx),
    // What comes in above leaves what is seen where it is; at the top, one sees it come.
    anchorTo: scrollY > TOP_PX ? "end" : "start",
    scrollEndThreshold: -Infinity,
    rangeExtractor: withFocused(entries, focusedId),
    directDomUpdates: true,
  });
  const items = virtualizer.getVirtualItems();
  const { containerRef, measureElement } = virtualizer;
  useReturn(sought, top > 0, virtualizer);
  useLeaving(sought);
  useNextPage({
    feed,
    state,
    lastDrawn: items.at(-1)?.index ?? -1,
    isReturning: sought.isBelow,
  });
  useArticleKeys();
  return (
    <div ref={topRef}>
      <div
        ref={containerRef}
        className={styles.list}
        role="feed"
        aria-label="Feed"
        aria-busy={isLoading}
      >
        {items.map(({ key, index }) => {
          const id = entries[index]?.id;
          return (
            id && (
              <div
                key={key}
                ref={measureElement}
                data-index={index}
                data-post={id}
                className={styles.row}
              >
                <PostCard id={id} index={index} count={hasMore ? -1 : entries.length} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

/** What is drawn first is what will be looked at; exactly where is known once it is laid out. */
function roughStart(
  { place, index }: Sought,
  entries: readonly FeedEntry[],
  heights: Heights,
  gapPx: number,
): number {
  if (!place || index < 0) return 0;
  const above = entries.slice(0, index).map(({ id }) => heights.of(id) + gapPx);
  return Math.max(
    0,
    above.reduce((sum, height) => sum + height, -place.offsetPx),
  );
}

/** The focus is not lost by scrolling away from it: its card stays. */
function withFocused(entries: readonly FeedEntry[], focusedId: string | null) {
  const focused = focusedId === null ? -1 : entries.findIndex(({ id }) => id === focusedId);
  return (range: Range): number[] => {
    const drawn = defaultRangeExtractor(range);
    if (focused < 0 || drawn.includes(focused)) return drawn;
    return [...drawn, focused].sort((one, other) => one - other);
  };
}

/** Where the list begins, from the top of the page: the frame's head is higher on a desk. */
function useTop(column: unknown): [number, (list: HTMLElement | null) => void] {
  const [top, setTop] = useState(0);
  const ref = useCallback(
    (list: HTMLElement | null) => {
      if (list && column) setTop(list.getBoundingClientRect().top + scrollY);
    },
    [column],
  );
  return [top, ref];
}
