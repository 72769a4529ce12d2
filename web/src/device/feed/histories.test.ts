import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Device, REST_MS, START, holdTime, pass, stored } from "./testing/device";
import { ModelServer } from "./testing/server";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
});

describe("at rest", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "the feed is the server's, whatever happened on the way: history %i",
    async (seed) => {
      const history = new History(seed);
      await history.run(60);
      const { device, server } = history;
      expect(sorted(device.ids)).toEqual(sorted(server.ids()));
      expect(history.faults).toEqual([]);
      expect(device.state).toMatchObject({ hasMore: false, isLoading: false, connection: "live" });
      device.feed.stop();
    },
  );
});

/** What one person, the accounts they follow and the network do, by chance. */
class History {
  readonly server = new ModelServer();
  readonly device: Device;
  readonly faults: string[] = [];
  #seed: number;
  #now = START;

  constructor(seed: number) {
    this.#seed = seed + 1;
    this.server.follow("ada");
    const posts = this.#below(3) * 70;
    for (let at = 0; at < posts; at += 1) this.#publish();
    this.device = new Device(this.server, () => 1 + this.#below(40));
  }

  async run(steps: number): Promise<void> {
    const { device } = this;
    const unwatch = this.#watch();
    await device.start();
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      await pass(this.#below(4) === 0 ? this.#below(5_000) : this.#below(30));
    }
    device.network.isUp = true;
    device.feed.start();
    await stored();
    await pass(REST_MS);
    device.feed.showWaiting();
    await device.readAll();
    unwatch();
  }

  async #step(): Promise<void> {
    const { device, server } = this;
    const author = ["ada", "bob", "cyd"][this.#below(3)] ?? "ada";
    const steps: (() => unknown)[] = [
      ...Array.from({ length: 6 }, () => () => {
        this.#publish(author);
      }),
      ...Array.from({ length: 3 }, () => () => {
        server.delete(this.#any(server.ids()));
      }),
      () => {
        server.delete(this.#any(device.ids));
      },
      () => {
        server.follow(author);
      },
      () => {
        server.unfollow(author);
      },
      () => {
        server.forget();
      },
      () => {
        device.network.cut();
      },
      () => (device.network.isUp = !device.network.isUp),
      () => (device.network.isUp = true),
      ...Array.from({ length: 4 }, () => () => void device.feed.loadMore()),
      () => void device.feed.refresh(),
      () => {
        device.feed.showWaiting();
      },
      () => {
        device.feed.stop();
      },
      () => {
        device.feed.start();
      },
      async () => {
        await this.#reload();
      },
    ];
    await steps[this.#below(steps.length)]?.();
  }

  async #reload(): Promise<void> {
    await this.device.reload();
    this.#watch();
  }

  /** What holds at every moment. */
  #watch(): () => void {
    const { feed } = this.device;
    return feed.subscribe(() => {
      const { entries } = feed.getSnapshot();
      const isInOrder = entries.every(
        ({ createdAt }, at) => createdAt <= (entries[at - 1]?.createdAt ?? createdAt),
      );
      if (!isInOrder) this.faults.push("out of order");
      if (new Set(entries.map(({ id }) => id)).size < entries.length) this.faults.push("twice");
    });
  }

  /** Often in the same millisecond as another, and sometimes after it took long to be compressed. */
  #publish(author = "ada"): void {
    this.#now += this.#below(3);
    this.server.publish(author, this.#now - (this.#below(8) === 0 ? this.#below(100) : 0));
  }

  #any(ids: readonly string[]): string {
    return ids[this.#below(ids.length)] ?? "";
  }

  /** Mulberry32, so that a history can be told again: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
  #below(limit: number): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(limit, 1);
  }
}

function sorted(ids: readonly string[]): string[] {
  return [...ids].sort();
}
