/** The articles of the feed as they are drawn, and going from one to the next by keyboard. */

import { useEffect, useState } from "react";

const ROWS = '[role="feed"] [data-index]';
/** Keys that type something there. */
const TYPING = "input, textarea, select, [contenteditable], dialog";

/** Keys that go on from wherever one is, and those that are the browser's own elsewhere. */
const ANYWHERE = new Map([
  ["j", 1],
  ["k", -1],
]);
const IN_FEED = new Map([
  ["PageDown", 1],
  ["PageUp", -1],
]);

export interface Row {
  postId: string;
  index: number;
  /** In the window. */
  top: number;
  bottom: number;
}

/** What is drawn, in its order. */
export function drawnRows(): Row[] {
  return [...document.querySelectorAll(ROWS)].map((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return { postId: row.getAttribute("data-post") ?? "", index: indexOf(row), top, bottom };
  });
}

/** An article, if it is drawn. */
export function articleAt(index: number): HTMLElement | null {
  return document.querySelector<HTMLElement>(`${ROWS}[data-index="${index}"] article`);
}

/** J and K go from article to article; so do Page Down and Page Up once one is in the feed. */
export function useArticleKeys(): void {
  useEffect(() => {
    const go = (event: KeyboardEvent) => {
      const focused = rowOf(document.activeElement);
      const step = isOurs(event) ? stepBy(event.key, focused !== null) : undefined;
      if (!step) return;
      event.preventDefault();
      const article = articleAt(focused ? indexOf(focused) + step : firstSeen());
      article?.focus({ preventScroll: true });
      article?.scrollIntoView({ block: "start" });
    };
    document.addEventListener("keydown", go);
    return () => {
      document.removeEventListener("keydown", go);
    };
  }, []);
}

/** The post whose card has the focus. */
export function useFocusedPost(): string | null {
  const [postId, setPostId] = useState<string | null>(null);
  useEffect(() => {
    const follow = () => {
      setPostId(rowOf(document.activeElement)?.getAttribute("data-post") ?? null);
    };
    document.addEventListener("focusin", follow);
    return () => {
      document.removeEventListener("focusin", follow);
    };
  }, []);
  return postId;
}

function isOurs({ altKey, ctrlKey, metaKey, target }: KeyboardEvent): boolean {
  if (altKey || ctrlKey || metaKey) return false;
  return !(target instanceof Element && target.closest(TYPING));
}

function stepBy(key: string, isInFeed: boolean): number | undefined {
  return (isInFeed ? IN_FEED.get(key) : undefined) ?? ANYWHERE.get(key.toLowerCase());
}

/** The first article that does not begin above the window. */
function firstSeen(): number {
  return drawnRows().find(({ top }) => top >= 0)?.index ?? 0;
}

function rowOf(element: Element | null): Element | null {
  return element?.closest(ROWS) ?? null;
}

function indexOf(row: Element): number {
  return Number(row.getAttribute("data-index"));
}
