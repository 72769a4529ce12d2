/** The quiet mark in the navigation while something is on its way; it also says what became of it. */

import { useEffect } from "react";

import type { Uploads, UploadState } from "../device/uploads/model";
import { useWatched } from "../frame/context";
import { announce } from "../ui/announce";
import { sentenceFor } from "../words/refusals";
import styles from "./OnItsWay.module.css";
import { isOnItsWay } from "./steps";

/** For the eye only: links keep their names. Stands in the icon of "New photo". */
export function OnItsWay({ uploads }: { uploads: Uploads }) {
  const all = useWatched(uploads);
  useEffect(() => announceArrivals(uploads), [uploads]);
  if (all.some(({ step }) => step === "refused")) {
    return <span className={[styles.mark, styles.refused].join(" ")} aria-hidden="true" />;
  }
  if (!all.some(isOnItsWay)) return null;
  return <span className={styles.mark} aria-hidden="true" />;
}

/** On whatever page one is meanwhile. The steps before are not worth being interrupted for. */
function announceArrivals(uploads: Uploads): () => void {
  let before = stepsOf(uploads.getSnapshot());
  return uploads.subscribe(() => {
    const all = uploads.getSnapshot();
    for (const upload of all) {
      if (before.get(upload.key) !== upload.step && before.has(upload.key)) say(upload);
    }
    before = stepsOf(all);
  });
}

function stepsOf(all: readonly UploadState[]): Map<string, string> {
  return new Map(all.map(({ key, step }) => [key, step]));
}

function say({ step, refusal }: UploadState): void {
  if (step === "ready") announce("Your photo is there: everybody can see it.");
  if (refusal) announce(`Your photo was not sent. ${sentenceFor(refusal)}`);
}
