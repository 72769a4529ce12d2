/** Fields that are sent together, and what was refused, beside the field at fault. */

import { useEffect, useRef, type ReactNode, type SyntheticEvent } from "react";

import type { Refusal } from "../device/refusals";
import { Refused } from "../ui/Refused";
import { sentenceFor } from "../words/refusals";
import styles from "./Form.module.css";

interface FormProps {
  /** Why it was refused; it is told here unless one of `fields` tells it. */
  refusal: Refusal | null;
  fields: readonly string[];
  onSubmit: (values: FormData) => void;
  children: ReactNode;
}

export function Form({ refusal, fields, onSubmit, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!refusal) return;
    form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [refusal]);
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget));
  };
  return (
    <form ref={form} className={styles.form} onSubmit={submit}>
      {refusal && !fields.some((field) => refusal.path.includes(field)) && (
        <Refused refusal={refusal} />
      )}
      {children}
    </form>
  );
}

/** What is to be said at a field. */
export function errorAt(field: string, refusal: Refusal | null): string | null {
  return refusal?.path.includes(field) ? sentenceFor(refusal) : null;
}

/** What was typed into a field. */
export function typed(values: FormData, field: string): string {
  const value = values.get(field);
  return typeof value === "string" ? value : "";
}
