/** When a post that is shown may be gone meanwhile: pages are not told of every deletion. */

import { useEffect } from "react";

import type { Feed } from "../device/feed/model";
import { useSurroundings } from "../frame/context";

/** Calls `look` when one comes back to the page, when the network does, and when the feed has it no more. */
export function useLookingAgain(id: string, look: () => void): void {
  const feed = useSurroundings().signedIn?.feed;
  useEffect(() => onReturn(look), [look]);
  useEffect(() => feed && onLeaving(feed, id, look), [feed, id, look]);
}

function onReturn(look: () => void): () => void {
  const lookIfSeen = () => {
    if (!document.hidden) look();
  };
  addEventListener("online", look);
  document.addEventListener("visibilitychange", lookIfSeen);
  return () => {
    removeEventListener("online", look);
    document.removeEventListener("visibilitychange", lookIfSeen);
  };
}

function onLeaving(feed: Feed, id: string, look: () => void): () => void {
  const isThere = () => feed.getSnapshot().entries.some((entry) => entry.id === id);
  let wasThere = isThere();
  return feed.subscribe(() => {
    const isLeft = wasThere && !isThere();
    wasThere = isThere();
    if (isLeft) look();
  });
}
