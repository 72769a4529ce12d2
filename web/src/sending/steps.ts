/** The steps of a photo's way, in words. */

import type { UploadState, UploadStep } from "../device/uploads/model";

const WORDS: Record<UploadStep, string> = {
  waiting: "Waiting for the network",
  sending: "Sending",
  publishing: "Publishing",
  processing: "Processing",
  ready: "Everybody can see it",
  refused: "Not sent",
};

export function stepInWords({ step }: UploadState, all: readonly UploadState[]): string {
  const isNext = step !== "waiting" || !all.some(isBeingSent);
  return isNext ? WORDS[step] : "Waiting for its turn";
}

/** 0 to 1; null while nobody knows how long it takes. */
export function progressOf({ step, fraction }: UploadState): number | null {
  if (step === "sending") return fraction;
  return step === "waiting" ? 0 : null;
}

/** Whether it will get on by itself. */
export function isOnItsWay({ step }: UploadState): boolean {
  return step !== "ready" && step !== "refused";
}

function isBeingSent({ step }: UploadState): boolean {
  return step === "sending" || step === "publishing";
}
