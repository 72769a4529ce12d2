/** A value that changes, and whoever wants to hear of it: the shape of `useSyncExternalStore`. */

export interface Watched<Value> {
  /** The value as it is now; the same object until it changes. */
  readonly getSnapshot: () => Value;
  /** Calls `listener` after every change, until the function that it returns is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A watched value for its owner, who may set it. */
export class Watchable<Value> implements Watched<Value> {
  #value: Value;
  readonly #listeners = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  readonly getSnapshot = (): Value => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}
