/** What is said to those who do not see it. */

import { Watchable, type Watched } from "../device/watched";

const said = new Watchable("");

/** What the frame's live region says. */
export const announced: Watched<string> = said;

/** Has screen readers say it when there is a pause; the same words twice are said twice. */
export function announce(text: string): void {
  said.set("");
  setTimeout(() => {
    said.set(text);
  }, 50);
}
