/** A password, which one may look at while typing it. */

import { useState, type ComponentProps } from "react";

import { Field } from "../ui/Field";
import styles from "./Form.module.css";

interface PasswordFieldProps {
  /** So that password managers know whether to fill one in or to make one. */
  autoComplete: "current-password" | "new-password";
  hint?: string;
  error: string | null;
  onChange?: ComponentProps<"input">["onChange"];
}

export function PasswordField(props: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false);
  const reveal = (
    <button
      type="button"
      className={styles.reveal}
      onClick={() => {
        setIsShown(!isShown);
      }}
    >
      {isShown ? "Hide" : "Show"}
      <span className={styles.unseen}> the password</span>
    </button>
  );
  return (
    <Field
      {...props}
      label="Password"
      name="password"
      type={isShown ? "text" : "password"}
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      required
      action={reveal}
    />
  );
}
