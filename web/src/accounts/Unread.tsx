/** What is shown in place of something that could not be read. */

import type { ReactNode } from "react";

import { UNREACHABLE, type Refusal } from "../device/refusals";
import { useWatched } from "../frame/context";
import { online } from "../frame/online";
import { Notice } from "../ui/Notice";
import { Refused } from "../ui/Refused";

interface UnreadProps {
  refusal: Refusal;
  onRetry: () => void;
  /** What there is without a network. */
  offline?: ReactNode;
}

export function Unread({ refusal, onRetry, offline = <NotKept /> }: UnreadProps) {
  const isOnline = useWatched(online);
  const isCut = !isOnline && refusal.code === UNREACHABLE;
  return isCut ? offline : <Refused refusal={refusal} onRetry={onRetry} />;
}

export function NotKept() {
  return (
    <Notice kind="info">
      <p>This was not kept on this device. It comes when you are online again.</p>
    </Notice>
  );
}
