/** Cards that are not there yet. */

import styles from "./Skeletons.module.css";

interface SkeletonsProps {
  count: number;
}

export function Skeletons({ count }: SkeletonsProps) {
  return (
    <div className={styles.skeletons} aria-hidden="true">
      {Array.from({ length: count }, (_, at) => (
        <div key={at} className={styles.card}>
          <div className={styles.head}>
            <div className={styles.face} />
            <div className={styles.name} />
          </div>
          <div className={styles.picture} />
        </div>
      ))}
    </div>
  );
}
