/** What is still wrong with a draft. */

import { ALT_TEXT_MAX, DESCRIPTION_MAX, type DraftState } from "./draft";
import { lengthOf } from "./texts";

/** In words; null where all is well. */
export interface Faults {
  photo: string | null;
  description: string | null;
  altText: string | null;
}

export function faultsOf(draft: DraftState, isAltTextRequired: boolean): Faults {
  const isAltTextMissing = isAltTextRequired && !draft.altText.trim();
  return {
    photo: draft.previewUrl ? null : "Please choose a photo first.",
    description: lengthOf(draft.description, DESCRIPTION_MAX).error,
    altText: isAltTextMissing
      ? "Please say what is to be seen."
      : lengthOf(draft.altText, ALT_TEXT_MAX).error,
  };
}

/** What is too long is told at once; what is missing only when it is missed. */
export function toldAtOnce(faults: Faults, draft: DraftState): Faults {
  return { ...faults, photo: null, altText: draft.altText.trim() ? faults.altText : null };
}
