/** Reads one page at a time, and remembers what happens to the feed meanwhile. */

import type { Change } from "./entries";
import type { ReadPage } from "./pages";

interface Reading {
  controller: AbortController;
  heard: Change[];
}

export class Reader {
  #reading: Reading | null = null;

  get isReading(): boolean {
    return this.#reading !== null;
  }

  note(change: Change): void {
    this.#reading?.heard.push(change);
  }

  giveUp(): void {
    this.#reading?.controller.abort();
    this.#reading = null;
  }

  /**
   * Reads a page instead of what is on its way, and hands it to `take` with what was heard since it
   * was asked for. Null if it was given up: it is not taken then.
   *
   * @throws {Refusal} It could not be read.
   */
  async read(
    ask: (signal: AbortSignal) => Promise<ReadPage>,
    take: (page: ReadPage, heard: readonly Change[]) => void,
  ): Promise<ReadPage | null> {
    this.giveUp();
    const reading: Reading = { controller: new AbortController(), heard: [] };
    this.#reading = reading;
    try {
      const page = await ask(reading.controller.signal);
      if (this.#reading !== reading) return null;
      take(page, reading.heard);
      return page;
    } catch (error) {
      if (this.#reading !== reading) return null;
      throw error;
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  }
}
