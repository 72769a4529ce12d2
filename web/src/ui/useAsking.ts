/** Something that is asked for, once at a time. */

import { useCallback, useRef, useState } from "react";

import { Refusal } from "../device/refusals";

export interface Asking<Args extends unknown[]> {
  /** Asks; does nothing while it is being asked already. Whether it was done. */
  ask: (...args: Args) => Promise<boolean>;
  isBusy: boolean;
  /** Why it was not done the last time. */
  refusal: Refusal | null;
  /** Has the refusal forgotten. */
  dismiss: () => void;
}

export function useAsking<Args extends unknown[]>(
  work: (...args: Args) => Promise<unknown>,
): Asking<Args> {
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const isAsking = useRef(false);
  const ask = async (...args: Args): Promise<boolean> => {
    if (isAsking.current) return false;
    isAsking.current = true;
    setIsBusy(true);
    setRefusal(null);
    const refused = await refusalBy(() => work(...args));
    isAsking.current = false;
    setIsBusy(false);
    setRefusal(refused);
    return refused === null;
  };
  const dismiss = useCallback(() => {
    setRefusal(null);
  }, []);
  return { ask, isBusy, refusal, dismiss };
}

/** What is no refusal is a fault of ours: it is reported, and told as one. */
async function refusalBy(work: () => Promise<unknown>): Promise<Refusal | null> {
  try {
    await work();
    return null;
  } catch (cause) {
    if (cause instanceof Refusal) return cause;
    reportError(cause);
    return new Refusal("INTERNAL", "It did not work.", { cause });
  }
}
