/** Why something was not done, and what to do next, in words. */

import type { Refusal } from "../device/refusals";
import { wordsFor } from "../words/refusals";
import { Button } from "./Button";
import { Notice } from "./Notice";
import styles from "./Refused.module.css";

interface RefusedProps {
  refusal: Refusal;
  onRetry?: (() => void) | undefined;
}

export function Refused({ refusal, onRetry }: RefusedProps) {
  const { what, next } = wordsFor(refusal);
  const retry = onRetry && (
    <Button kind="quiet" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <Notice kind="error" actions={retry}>
      <p className={styles.what}>{what}</p>
      {next && <p>{next}</p>}
    </Notice>
  );
}
