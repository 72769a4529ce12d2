/** Where on the page one is after going somewhere. */

import { useLayoutEffect } from "react";
import { useLocation } from "wouter";

let shown = location.pathname;
let isReturning = false;

// Before the router hears of it. Going back, the browser itself finds where one was.
addEventListener("popstate", () => {
  isReturning = location.pathname !== shown;
});

/**
 * A new page begins at its top. It has to stand before the pages: whichever restores its own place
 * does so after it.
 */
export function ScrollToTop(): null {
  const [path] = useLocation();
  useLayoutEffect(() => {
    if (!isReturning) scrollTo(0, 0);
    isReturning = false;
    shown = path;
  }, [path]);
  return null;
}
