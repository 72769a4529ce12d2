/** Something that a person should know, in its place on the page. */

import { CircleAlert, Info } from "lucide-react";
import type { ReactNode } from "react";

import styles from "./Notice.module.css";

interface NoticeProps {
  kind: "info" | "error";
  /** Buttons. */
  actions?: ReactNode;
  children: ReactNode;
}

/** Errors are read out at once, the rest when there is a pause. */
export function Notice({ kind, actions, children }: NoticeProps) {
  const Icon = kind === "error" ? CircleAlert : Info;
  return (
    <div
      className={[styles.notice, styles[kind]].join(" ")}
      role={kind === "error" ? "alert" : "status"}
    >
      <Icon className={styles.icon} aria-hidden="true" size={20} />
      <div className={styles.words}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
