/** How wide the feed's column is, and how large its letters are: cards are as high as these say. */

import { useMemo, useSyncExternalStore } from "react";

export interface Column {
  widthPx: number;
  remPx: number;
}

/** The column and the margins beside it, as ui/tokens.css and ui/Page.module.css have them. */
const COLUMN_REM = 37.5;
const MARGINS_REM = 2;

export function useColumn(): Column {
  const windowPx = useSyncExternalStore(subscribe, windowWidth);
  return useMemo(() => columnIn(windowPx), [windowPx]);
}

function columnIn(windowPx: number): Column {
  const remPx = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { widthPx: Math.min(COLUMN_REM * remPx, windowPx - MARGINS_REM * remPx), remPx };
}

function subscribe(listener: () => void): () => void {
  addEventListener("resize", listener);
  return () => {
    removeEventListener("resize", listener);
  };
}

function windowWidth(): number {
  return document.documentElement.clientWidth;
}
