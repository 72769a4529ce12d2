/** What one should know wherever one is: it floats, so that nothing is moved by it. */

import { CloudOff, Sparkles } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "../ui/Button";
import { useWatched } from "./context";
import styles from "./Floating.module.css";
import { online } from "./online";

interface FloatingProps {
  /** Makes a new version of the app the one that runs; null while there is none. */
  onUpdate: (() => void) | null;
}

export function Floating({ onUpdate }: FloatingProps) {
  const isOnline = useWatched(online);
  return (
    <div className={styles.floating} role="status">
      {!isOnline && (
        <Pill icon={<CloudOff size={18} aria-hidden="true" />}>
          You are offline. Recent photos still open.
        </Pill>
      )}
      {isOnline && onUpdate && (
        <Pill icon={<Sparkles size={18} aria-hidden="true" />}>
          There is a new version.
          <Button kind="quiet" className={styles.button} onClick={onUpdate}>
            Use it
          </Button>
        </Pill>
      )}
    </div>
  );
}

function Pill({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className={styles.pill}>
      {icon}
      {children}
    </p>
  );
}
