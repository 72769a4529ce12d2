/** When there is time, and data, for what nobody waits for. */

const IDLE_AT_THE_LATEST_MS = 2000;

interface NetworkInformation {
  saveData?: boolean;
}

/** Resolves when the page has nothing better to do. */
export function inIdleTime(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no such thing yet.
    if (typeof requestIdleCallback === "undefined") setTimeout(resolve);
    else
      requestIdleCallback(
        () => {
          resolve();
        },
        { timeout: IDLE_AT_THE_LATEST_MS },
      );
  });
}

/** Whether the person asked for data to be saved, of a browser that knows. */
export function savesData(): boolean {
  const { connection } = navigator as Navigator & { connection?: NetworkInformation };
  return connection?.saveData ?? false;
}
