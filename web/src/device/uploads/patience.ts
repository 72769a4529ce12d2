/** Waiting: for another try, for the network, for something that says nothing any more. */

import { Refusal, UNREACHABLE } from "../refusals";

export interface Patience {
  /** Before the second try; each wait is twice the one before. */
  firstMs: number;
  /** The longest wait. */
  mostMs: number;
  /** How long something that is being sent may stand still. */
  stallMs: number;
}

export const PATIENCE: Patience = { firstMs: 1_000, mostMs: 60_000, stallMs: 40_000 };

/** Of a wait that many are in, so much at most is left to chance: they don't come back at once. */
const JITTER = 0.5;
const DOUBLINGS_MAX = 20;

/** Milliseconds before the next try, after so many that failed. */
export function waitMs(failures: number, patience: Patience): number {
  const doublings = Math.min(failures - 1, DOUBLINGS_MAX);
  const longestMs = Math.min(patience.firstMs * 2 ** doublings, patience.mostMs);
  return longestMs * (1 - JITTER * Math.random());
}

/** Where `online` and `offline` are told; nobody tells them outside of browsers. */
export function theNetwork(): EventTarget {
  return "addEventListener" in globalThis ? globalThis : new EventTarget();
}

/** Waits for so long, or until the network is back. @throws Why `signal` was aborted. */
export function rest(ms: number, network: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      network.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(reasonOf(signal));
      else resolve();
    };
    const timer = setTimeout(end, ms);
    network.addEventListener("online", end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

/** What comes of `promise`, unless `signal` is aborted first, whatever then becomes of it. */
function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(reasonOf(signal));
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
}

/** What is told of work under way. */
export interface Watching {
  /** Aborted when the work should end: it stands still, or the network is gone. */
  signal: AbortSignal;
  /** Something happened: it does not stand still. */
  alive: () => void;
}

/**
 * Gives up on work that stands still, as over a connection that is dead without having been told,
 * and on any when the network goes.
 *
 * @throws {Refusal} UNREACHABLE
 */
export async function impatiently<Value>(
  work: (watching: Watching) => Promise<Value>,
  { stallMs, network, signal }: { stallMs: number; network: EventTarget; signal: AbortSignal },
): Promise<Value> {
  const controller = new AbortController();
  const giveUp = () => {
    controller.abort(new Refusal(UNREACHABLE, "The network is away."));
  };
  let timer = setTimeout(giveUp, stallMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, stallMs);
  };
  network.addEventListener("offline", giveUp);
  try {
    const either = AbortSignal.any([signal, controller.signal]);
    return await orAborted(work({ signal: either, alive }), either);
  } finally {
    controller.abort();
    clearTimeout(timer);
    network.removeEventListener("offline", giveUp);
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("Aborted.");
}
