/** Something that a person wants, or does not. */

import { useId, type ComponentProps, type ReactNode } from "react";

import styles from "./Choice.module.css";

interface ChoiceProps extends Omit<ComponentProps<"input">, "type" | "className" | "onChange"> {
  label: string;
  /** What comes of it. */
  why: string;
  onChange: (isWanted: boolean) => void;
  /** What is to be said below. */
  children?: ReactNode;
}

export function Choice({ label, why, onChange, children, ...rest }: ChoiceProps) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={`${id}-why`}
        onChange={({ target }) => {
          onChange(target.checked);
        }}
      />
      <label htmlFor={id}>{label}</label>
      <p id={`${id}-why`} className={styles.why}>
        {why}
      </p>
      {children && <div className={styles.below}>{children}</div>}
    </div>
  );
}
