/** A username, as one types it. */

import type { ComponentProps } from "react";

import { Field } from "../ui/Field";

type UsernameFieldProps = Omit<ComponentProps<"input">, "name" | "type"> & {
  hint?: string;
  error?: string | null;
};

export function UsernameField(props: UsernameFieldProps) {
  return (
    <Field
      {...props}
      label="Username"
      name="username"
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      required
    />
  );
}
