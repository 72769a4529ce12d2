/** What floats above the feed: that there are new posts, or that there is no connection. */

import { ArrowUp } from "lucide-react";

import type { Feed, FeedConnection } from "../device/feed/model";
import { useWatched } from "../frame/context";
import { online } from "../frame/online";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import styles from "./Above.module.css";
import { articleAt } from "./articles";
import { newPosts } from "./words";

interface AboveProps {
  feed: Feed;
  waiting: number;
  connection: FeedConnection;
}

export function Above({ feed, waiting, connection }: AboveProps) {
  const show = () => {
    scrollTo(0, 0);
    // Once one is there: what comes in above who has scrolled down would be held out of sight.
    requestAnimationFrame(() => {
      feed.showWaiting();
      announce(waiting === 1 ? "1 new post is shown" : `${waiting} new posts are shown`);
      requestAnimationFrame(() => {
        articleAt(0)?.focus({ preventScroll: true });
      });
    });
  };
  return (
    <div className={styles.above}>
      <Connection connection={connection} />
      {waiting > 0 && (
        <Button className={styles.button} onClick={show}>
          <ArrowUp size={18} aria-hidden="true" />
          {newPosts(waiting)}
        </Button>
      )}
    </div>
  );
}

/** Nothing while all is well, or where the frame says already that there is no network. */
function Connection({ connection }: Pick<AboveProps, "connection">) {
  const isOnline = useWatched(online);
  return (
    <div role="status" data-connection={connection}>
      {connection === "away" && isOnline && (
        <p className={styles.away}>You are offline. New posts come when you are back.</p>
      )}
    </div>
  );
}
