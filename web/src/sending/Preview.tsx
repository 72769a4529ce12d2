/** What was chosen, and what preparing has made of it. */

import { ImageOff } from "lucide-react";
import { useState } from "react";

import { Progress } from "../ui/Progress";
import { sizesInWords } from "../words/sizes";
import type { DraftState } from "./draft";
import styles from "./Preview.module.css";

interface PreviewProps {
  draft: DraftState;
  url: string;
}

export function Preview({ draft, url }: PreviewProps) {
  const [isUnseen, setIsUnseen] = useState(false);
  const name = draft.altText.trim() || "The photo that you chose";
  return (
    <figure className={styles.preview}>
      {isUnseen ? (
        <div className={styles.unseen}>
          <ImageOff size={32} strokeWidth={1.5} aria-hidden="true" />
          <p>Your browser cannot show this photo, but it can be sent.</p>
        </div>
      ) : (
        <img
          src={url}
          alt={name}
          className={styles.photo}
          onError={() => {
            setIsUnseen(true);
          }}
        />
      )}
      <figcaption className={styles.caption}>
        <Prepared draft={draft} />
      </figcaption>
    </figure>
  );
}

function Prepared({ draft: { prepared, fraction, refusal } }: { draft: DraftState }) {
  if (prepared) {
    return (
      <p>
        <span className={styles.sizes}>
          {sizesInWords(prepared.originalBytes, prepared.blob.size)}
        </span>
        {prepared.isOriginal && " as it is"}
      </p>
    );
  }
  if (refusal) return null;
  return (
    <div className={styles.preparing}>
      <p>Preparing</p>
      <Progress label="Preparing" value={fraction} />
    </div>
  );
}
