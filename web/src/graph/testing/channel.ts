/** Updates that the server tells to whoever listens. */

export class Channel {
  readonly #told: object[] = [];
  readonly #wakes = new Set<() => void>();
  #isOver = false;

  tell(feedUpdates: object): void {
    this.#told.push({ feedUpdates });
    this.#wake();
  }

  /** For whoever listens from now on: nothing was told yet. */
  begin(): void {
    this.#told.length = 0;
    this.#isOver = false;
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *listen(): AsyncGenerator<object> {
    let next = 0;
    for (;;) {
      for (const told of this.#told.slice(next)) {
        next += 1;
        yield told;
      }
      if (this.#isOver) return;
      await new Promise<void>((resolve) => this.#wakes.add(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }
}
