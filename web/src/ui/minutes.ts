/** The time, once a minute: one clock for all that says how long ago something was. */

import type { Watched } from "../device/watched";

const MINUTE_MS = 60_000;

const listeners = new Set<() => void>();
let now = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

export const minutes: Watched<number> = {
  getSnapshot: () => now,
  subscribe: (listener) => {
    listeners.add(listener);
    ticking ??= setInterval(tick, MINUTE_MS);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(ticking);
      ticking = undefined;
    };
  },
};

function tick(): void {
  now = Date.now();
  for (const listener of [...listeners]) listener();
}
