/** The service worker, as the page sees it: the first one, and the next version of it. */

import type { Workbox } from "workbox-window";

import { Watchable, type Watched } from "../device/watched";

const LOOKS_EVERY_MS = 60 * 60 * 1000;

/** Makes a new version of the app the one that runs; null while there is none. */
export type Update = (() => void) | null;

/** Has the app open without a network, where the browser can do that. */
export function register(): Watched<Update> {
  const update = new Watchable<Update>(null);
  if (import.meta.env.PROD && "serviceWorker" in navigator) void start(update);
  return update;
}

async function start(update: Watchable<Update>): Promise<void> {
  const library = await import("workbox-window");
  const worker = new library.Workbox("/sw.js");
  takeOverCalmly(worker, update);
  try {
    await worker.register();
    lookForNewVersions(worker);
  } catch {
    // Then the app is as any other page.
  }
}

/**
 * A new version waits until the person wants it, or until no page of the old one is open. Wanted in
 * one tab, it is the one of all: the others load themselves anew when they go to another page, or
 * for a part of the old version that they had not loaded yet and that is gone.
 */
function takeOverCalmly(worker: Workbox, update: Watchable<Update>): void {
  let isControlled = navigator.serviceWorker.controller !== null;
  let isOutdated = false;
  let isWanted = false;
  const reload = (event: Event) => {
    if (!isOutdated) return;
    event.preventDefault();
    location.reload();
  };
  worker.addEventListener("waiting", () => {
    update.set(() => {
      isWanted = true;
      worker.messageSkipWaiting();
    });
  });
  worker.addEventListener("controlling", () => {
    if (isWanted) location.reload();
    isOutdated = isControlled;
    isControlled = true;
  });
  // The router dispatches the first, the browser the second, and Vite the last.
  for (const turn of ["pushState", "popstate", "vite:preloadError"]) addEventListener(turn, reload);
}

/** A tab that stays open for days asks, too. */
function lookForNewVersions(worker: Workbox): void {
  let lookedAt = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - lookedAt < LOOKS_EVERY_MS) return;
    lookedAt = Date.now();
    worker.update().catch(() => undefined);
  });
}
