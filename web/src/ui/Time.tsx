/** When something was, as people say it. */

import { useSyncExternalStore } from "react";

import { dateInFull, timeSince } from "../words/times";
import { minutes } from "./minutes";

interface TimeProps {
  /** RFC 3339. */
  at: string;
  className?: string | undefined;
}

/** "5 minutes ago", and the minutes go on; when it was exactly is its title. */
export function Time({ at, className }: TimeProps) {
  const now = useSyncExternalStore(minutes.subscribe, minutes.getSnapshot);
  const when = new Date(at);
  return (
    <time dateTime={at} title={dateInFull(when)} className={className}>
      {timeSince(when, now)}
    </time>
  );
}
