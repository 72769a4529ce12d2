/** Somebody without a picture: the first letter of the name, in a colour of their own. */

import type { CSSProperties } from "react";

import styles from "./Initial.module.css";

interface InitialProps {
  /** Whose it is: the same username has the same colour everywhere. */
  username: string;
  displayName: string;
  size?: "small" | "large";
}

export function Initial({ username, displayName, size = "small" }: InitialProps) {
  return (
    <span
      className={[styles.initial, styles[size]].join(" ")}
      style={{ "--hue": hueOf(username) } as CSSProperties} // which knows no custom properties
      aria-hidden="true"
    >
      {firstLetter(displayName)}
    </span>
  );
}

const HUES = 12;

function hueOf(username: string): number {
  let sum = 7;
  for (const letter of username.toLowerCase()) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return (sum % HUES) * (360 / HUES);
}

/** As a reader counts: an emoji of several code points is one. */
function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter("en").segment(name);
  return first?.segment.toUpperCase() ?? "";
}
