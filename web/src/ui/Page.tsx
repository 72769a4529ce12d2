/** What every page has: a title for the window, and a heading to begin at. */

import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "wouter";

import styles from "./Page.module.css";

interface PageProps {
  /** Of the window and, as its h1, of the page. */
  title: string;
  /** Where what one sees says it already. */
  isTitleHidden?: boolean;
  /** What stands at the top instead of the bare title; it has to have a `Heading`. */
  head?: ReactNode;
  width?: "narrow" | "column" | "wide";
  children?: ReactNode;
}

export function Page({
  title,
  isTitleHidden = false,
  head,
  width = "column",
  children,
}: PageProps) {
  useEffect(() => {
    document.title = title === APP ? title : `${title} · ${APP}`;
  }, [title]);
  return (
    <div className={[styles.page, styles[width]].join(" ")}>
      {head ?? <Heading isHidden={isTitleHidden}>{title}</Heading>}
      {children}
    </div>
  );
}

interface HeadingProps {
  isHidden?: boolean;
  children: ReactNode;
}

/** The page's h1. After going somewhere it has the focus, so that screen readers begin there. */
export function Heading({ isHidden = false, children }: HeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [path] = useLocation();
  useEffect(() => {
    // Where one came in, the browser itself says where one is.
    entered ??= path;
    if (path === entered) return;
    entered = NOWHERE;
    heading.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <h1 ref={heading} tabIndex={-1} className={isHidden ? styles.hidden : undefined}>
      {children}
    </h1>
  );
}

const APP = "Photofeed";
const NOWHERE = "";

let entered: string | null = null;
