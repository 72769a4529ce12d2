/** A question that has to be answered first. */

import { useEffect, useId, useRef, type ReactNode } from "react";

import styles from "./Dialog.module.css";

interface DialogProps {
  title: string;
  isOpen: boolean;
  /** It was closed: by its own buttons, by Escape, or by a click beside it. */
  onClose: () => void;
  children: ReactNode;
}

/** The browser's own dialog: it holds the focus, and gives it back to where it came from. */
export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  useEffect(() => {
    const shown = dialog.current;
    const closeBeside = (event: MouseEvent) => {
      if (event.target === shown) shown?.close();
    };
    shown?.addEventListener("click", closeBeside);
    return () => {
      shown?.removeEventListener("click", closeBeside);
    };
  }, []);
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={titleId} onClose={onClose}>
      {isOpen && (
        <div className={styles.inside}>
          <h2 id={titleId}>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}

/** The dialog's buttons, the one that does it first. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>;
}
