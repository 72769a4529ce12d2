/** What is shown in place of something that could not be read. */

import { UNREACHABLE, type Refusal } from "../device/refusals";
import { useWatched } from "../frame/context";
import { online } from "../frame/online";
import { Notice } from "../ui/Notice";
import { Refused } from "../ui/Refused";

interface UnreadProps {
  refusal: Refusal;
  onRetry: () => void;
}

export function Unread({ refusal, onRetry }: UnreadProps) {
  const isOnline = useWatched(online);
  if (isOnline || refusal.code !== UNREACHABLE) {
    return <Refused refusal={refusal} onRetry={onRetry} />;
  }
  return (
    <Notice kind="info">
      <p>This was not kept on this device. It comes when you are online again.</p>
    </Notice>
  );
}
