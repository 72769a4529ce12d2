/** One line, or some, that a person types. */

import { useId, type ComponentProps, type ReactNode } from "react";

import styles from "./Field.module.css";

interface FieldOwnProps {
  label: string;
  /** What helps to fill it in. */
  hint?: ReactNode;
  /** Why it was not taken. */
  error?: string | null | undefined;
  /** A small button at its end. */
  action?: ReactNode;
}

interface LineProps extends FieldOwnProps, ComponentProps<"input"> {
  isMultiline?: false;
}

interface LinesProps extends FieldOwnProps, ComponentProps<"textarea"> {
  isMultiline: true;
}

type FieldProps = LineProps | LinesProps;

export function Field(props: FieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {props.label}
      </label>
      <Told id={hintId(id)} className={styles.hint}>
        {props.hint}
      </Told>
      <div className={styles.box}>
        <Control id={id} props={props} />
        {props.action && <div className={styles.action}>{props.action}</div>}
      </div>
      <Told id={errorId(id)} className={styles.error}>
        {props.error}
      </Told>
    </div>
  );
}

function Control({ id, props }: { id: string; props: FieldProps }) {
  const told = [props.hint && hintId(id), props.error && errorId(id)].filter(Boolean).join(" ");
  const common = {
    id,
    className: styles.control,
    "aria-invalid": props.error ? true : undefined,
    "aria-describedby": told || undefined,
  };
  if (props.isMultiline) {
    const { label, hint, error, action, isMultiline, ...rest } = props;
    return <textarea rows={3} {...rest} {...common} />;
  }
  const { label, hint, error, action, isMultiline, ...rest } = props;
  return <input {...rest} {...common} />;
}

interface ToldProps {
  id: string;
  className: string | undefined;
  children: ReactNode;
}

function Told({ id, className, children }: ToldProps) {
  if (!children) return null;
  return (
    <p className={className} id={id}>
      {children}
    </p>
  );
}

function hintId(id: string): string {
  return `${id}-hint`;
}

function errorId(id: string): string {
  return `${id}-error`;
}
