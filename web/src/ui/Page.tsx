/** What every page has: a title for the window, and a heading to begin at. */

import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "wouter";

import styles from "./Page.module.css";

interface PageProps {
  /** Of the window and, as its h1, of the page. */
  title: string;
  /** Where what one sees says it already. */
  isTitleHidden?: boolean;
  width?: "column" | "wide";
  children: ReactNode;
}

/** Where the reader came in: there the browser says the page's title itself. */
let entered: string | null = null;

export function Page({ title, isTitleHidden = false, width = "column", children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [path] = useLocation();
  useEffect(() => {
    document.title = title === "Photofeed" ? title : `${title} · Photofeed`;
  }, [title]);
  useEffect(() => {
    entered ??= path;
    if (path === entered) return;
    entered = "";
    heading.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <div className={[styles.page, styles[width]].join(" ")}>
      <h1 ref={heading} tabIndex={-1} className={isTitleHidden ? styles.hidden : undefined}>
        {title}
      </h1>
      {children}
    </div>
  );
}
