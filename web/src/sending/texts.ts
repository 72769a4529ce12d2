/** How long texts are, and what is said when they get long. */

/** From how many characters before the end they are counted for whoever writes. */
const NEAR = 200;

interface Length {
  /** "12 characters left", when it is near. */
  hint: string | null;
  /** "3 characters too many" */
  error: string | null;
}

export function lengthOf(text: string, most: number): Length {
  const left = most - countOf(text.trim());
  if (left < 0) return { hint: null, error: `${characters(-left)} too many. Please shorten it.` };
  return { hint: left < NEAR ? `${characters(left)} left` : null, error: null };
}

/** As the server counts: by code points. */
function countOf(text: string): number {
  return Array.from(text).length;
}

function characters(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "character" : "characters"}`;
}
