/**
 * Tells what was missed from what happens now: the server tells both in one stream, and does not say
 * where one ends. What was missed comes without a pause, as soon as the connection is there.
 */

const QUIET_MS = 1500;
/** Whoever started longer ago has looked by now. */
const LOOKED_MS = 10_000;

export class Settling {
  #startedAt = 0;
  #heardAt: number | null = null;
  #isSettled = true;

  /** What comes next was missed. */
  begin(): void {
    this.#startedAt = performance.now();
    this.#heardAt = null;
    this.#isSettled = false;
  }

  /** There is no connection at first: who looks, looks at what is there. */
  end(): void {
    this.#isSettled = true;
  }

  /** Nothing can be heard until the next call of `isCatchingUp`; that is no pause. */
  wait(): void {
    this.#heardAt = null;
  }

  /** Something comes, or the connection is there; whether that is still what was missed. */
  isCatchingUp(): boolean {
    const now = performance.now();
    const isQuiet = this.#heardAt !== null && now - this.#heardAt > QUIET_MS;
    this.#isSettled ||= isQuiet || now - this.#startedAt > LOOKED_MS;
    this.#heardAt = now;
    return !this.#isSettled;
  }
}
