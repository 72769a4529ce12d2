/** What can be pressed. */

import type { ComponentProps, ReactNode } from "react";
import { Link } from "wouter";

import styles from "./Button.module.css";

export type ButtonKind = "primary" | "quiet" | "danger";

interface ButtonProps extends ComponentProps<"button"> {
  kind?: ButtonKind;
  /** What was asked for is being done: it cannot be pressed, and says so. */
  isBusy?: boolean;
}

export function Button({ kind = "primary", isBusy = false, ...rest }: ButtonProps) {
  // A busy button stays focusable: one that is disabled would lose the focus of whoever pressed it.
  const busy = {
    type: "button",
    "aria-disabled": true,
    "aria-busy": true,
    onClick: undefined,
  } as const;
  return (
    <button type="button" {...rest} {...(isBusy && busy)} className={classes(kind, rest.className)}>
      {rest.children}
      {isBusy && <span className={styles.turning} aria-hidden="true" />}
    </button>
  );
}

interface ButtonLinkProps {
  href: string;
  kind?: ButtonKind;
  className?: string;
  children: ReactNode;
}

/** A link that looks like a button, for where one goes next. */
export function ButtonLink({ href, kind = "primary", className, children }: ButtonLinkProps) {
  return (
    <Link href={href} className={classes(kind, className)}>
      {children}
    </Link>
  );
}

function classes(kind: ButtonKind, className: string | undefined): string {
  return [styles.button, styles[kind], className].filter(Boolean).join(" ");
}
