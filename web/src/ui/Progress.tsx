/** How far something is. */

import styles from "./Progress.module.css";

interface ProgressProps {
  label: string;
  /** 0 to 1; null while nobody knows. */
  value: number | null;
}

export function Progress({ label, value }: ProgressProps) {
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value * 100)}
    >
      <div
        className={value === null ? styles.unknown : styles.known}
        style={value === null ? undefined : { scale: `${value} 1` }}
      />
    </div>
  );
}
