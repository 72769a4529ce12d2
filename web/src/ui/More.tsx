/** The end of a list that goes on: what is next comes before one gets there. */

import { useEffect, useRef } from "react";

import { Button } from "./Button";
import styles from "./More.module.css";

/** How far below the window the end may be when more is asked for. */
const AHEAD_PX = 800;

interface MoreProps {
  onMore: () => void;
}

export function More({ onMore }: MoreProps) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!end.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) onMore();
      },
      { rootMargin: `${AHEAD_PX}px` },
    );
    observer.observe(end.current);
    return () => {
      observer.disconnect();
    };
  }, [onMore]);
  return (
    <div ref={end} className={styles.more}>
      <Button kind="quiet" onClick={onMore}>
        Show more
      </Button>
    </div>
  );
}
