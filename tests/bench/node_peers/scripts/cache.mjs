// What a process keeps for a while: nothing longer than it may, and the oldest goes first.
export class Cache {
  #items = new Map();
  #itemsMax;
  #lifeMs;

  constructor({ itemsMax, seconds }) {
    this.#itemsMax = itemsMax;
    this.#lifeMs = seconds * 1000;
  }

  get(key) {
    return this.find([key])[0];
  }

  // In the order of the keys; undefined where there is nothing.
  find(keys) {
    const now = performance.now();
    return keys.map((key) => {
      const item = this.#items.get(key);
      return item && item.until > now ? item.value : undefined;
    });
  }

  put(key, value) {
    this.#items.delete(key);
    this.#items.set(key, { value, until: performance.now() + this.#lifeMs });
    if (this.#items.size > this.#itemsMax) this.#items.delete(this.#items.keys().next().value);
    return value;
  }

  drop(key) {
    this.#items.delete(key);
  }
}
