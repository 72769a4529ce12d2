/** All photos that are on their way, and how far they are. */

import { useCallback, useId } from "react";
import { Link } from "wouter";

import type { Uploads, UploadState } from "../device/uploads/model";
import { useWatched } from "../frame/context";
import { Button } from "../ui/Button";
import { Progress } from "../ui/Progress";
import { Refused } from "../ui/Refused";
import { sizesInWords } from "../words/sizes";
import styles from "./OnItsWayList.module.css";
import { progressOf, stepInWords } from "./steps";

interface OnItsWayListProps {
  uploads: Uploads;
  /** Takes one back to where it is written. */
  onEdit: (upload: UploadState) => void;
}

export function OnItsWayList({ uploads, onEdit }: OnItsWayListProps) {
  const titleId = useId();
  const all = useWatched(uploads);
  if (all.length === 0) return null;
  return (
    <section aria-labelledby={titleId} className={styles.section}>
      <h2 id={titleId}>On its way</h2>
      <ul className={styles.list}>
        {all.map((upload) => (
          <li key={upload.key} className={styles.item}>
            <Thumbnail upload={upload} />
            <div className={styles.words}>
              <p className={styles.name}>{upload.description || "Without a description"}</p>
              <HowFar upload={upload} all={all} />
            </div>
            {upload.refusal && (
              <div className={styles.refused}>
                <Refused refusal={upload.refusal} />
                <Actions upload={upload} uploads={uploads} onEdit={onEdit} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function HowFar({ upload, all }: { upload: UploadState; all: readonly UploadState[] }) {
  const step = stepInWords(upload, all);
  if (upload.step === "refused") return <p className={styles.step}>{step}</p>;
  if (upload.step === "ready") {
    return (
      <p className={styles.step}>
        {step}. {upload.postId && <Link href={`/posts/${upload.postId}`}>Look at it</Link>}
      </p>
    );
  }
  return (
    <>
      <p className={styles.step}>
        {step} · {sizesInWords(upload.originalBytes, upload.bytes)}
      </p>
      <Progress label={step} value={progressOf(upload)} />
    </>
  );
}

function Actions({ upload, uploads, onEdit }: OnItsWayListProps & { upload: UploadState }) {
  return (
    <div className={styles.actions}>
      <Button onClick={() => void uploads.retry(upload.key)}>Try again</Button>
      <Button
        kind="quiet"
        onClick={() => {
          onEdit(upload);
        }}
      >
        Change it
      </Button>
      <Button kind="quiet" onClick={() => void uploads.discard(upload.key)}>
        Discard
      </Button>
    </div>
  );
}

function Thumbnail({ upload: { photo, altText } }: { upload: UploadState }) {
  const show = useCallback(
    (image: HTMLImageElement | null) => {
      if (!image) return;
      const url = URL.createObjectURL(photo);
      image.src = url;
      return () => {
        URL.revokeObjectURL(url);
      };
    },
    [photo],
  );
  return <img ref={show} alt={altText} className={styles.thumbnail} />;
}
