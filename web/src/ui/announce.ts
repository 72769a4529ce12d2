/** What is said to those who do not see it. */

import { Watchable, type Watched } from "../device/watched";

/** Said at once, the same words twice would be said once. */
const PAUSE_MS = 50;
/** Whoever reads through the page later does not come upon what is long past. */
const STAYS_MS = 5_000;

const said = new Watchable("");
let next: ReturnType<typeof setTimeout> | undefined;

/** What the frame's live region says. */
export const announced: Watched<string> = said;

/** Has screen readers say it when there is a pause; the same words twice are said twice. */
export function announce(text: string): void {
  clearTimeout(next);
  said.set("");
  next = setTimeout(() => {
    said.set(text);
    next = setTimeout(() => {
      said.set("");
    }, STAYS_MS);
  }, PAUSE_MS);
}
