/** What visitors see first. */

import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";
import styles from "./Welcome.module.css";

export function Welcome() {
  return (
    <Page title="Photofeed" isTitleHidden width="wide">
      <div className={styles.welcome}>
        <div className={styles.words}>
          <p className={styles.promise}>Photos of the people you follow. Nothing else.</p>
          <p className={styles.more}>
            No ads, no suggestions: every photo of theirs, newest first, down to the very first. It
            opens on the train, too, with no network at all.
          </p>
          <p className={styles.ways}>
            <ButtonLink href="/sign-up">Make an account</ButtonLink>
            <ButtonLink href="/sign-in" kind="quiet">
              I have one
            </ButtonLink>
          </p>
        </div>
        <Frames />
      </div>
    </Page>
  );
}

/** Three photos that nobody took. */
function Frames() {
  return (
    <div className={styles.frames} aria-hidden="true">
      <div className={styles.dusk} />
      <div className={styles.sea} />
      <div className={styles.hills} />
    </div>
  );
}
