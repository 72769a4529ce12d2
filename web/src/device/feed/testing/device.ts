/** For tests: a device with a feed, and time that passes when it is told to. */

import { vi } from "vitest";

import { createFeed, type FeedOptions } from "../feed";
import type { Feed, FeedState } from "../model";
import { readRecord } from "../record";
import { ModelNetwork } from "./network";
import { ModelServer } from "./server";

export const START = Date.UTC(2026, 10, 25);
/** After this, whatever was to happen has happened. */
export const REST_MS = 120_000;
export const QUIET_MS = 2_000;

let viewers = 0;

export class Device {
  readonly network: ModelNetwork;
  readonly options: FeedOptions;
  readonly seen: string[] = [];
  readonly removed: string[] = [];
  feed: Feed;

  constructor(server: ModelServer, delayMs: () => number = () => 10) {
    this.network = new ModelNetwork(server, delayMs);
    viewers += 1;
    this.options = {
      graph: this.network,
      viewerId: `viewer ${viewers}`,
      onPosts: (posts) => this.seen.push(...posts.map(({ id }) => id)),
      onRemoved: (ids) => this.removed.push(...ids),
    };
    this.feed = createFeed(this.options);
  }

  get state(): FeedState {
    return this.feed.getSnapshot();
  }

  get ids(): string[] {
    return this.state.entries.map(({ id }) => id);
  }

  async start(): Promise<void> {
    this.feed.start();
    await stored();
  }

  /** As if the page were loaded anew. */
  async reload(): Promise<void> {
    await stored();
    this.feed.stop();
    await stored();
    this.feed = createFeed(this.options);
    await this.start();
  }

  /** Scrolls to the end. */
  async readAll(): Promise<void> {
    for (let pages = 0; this.state.hasMore && pages < 100; pages += 1) {
      void this.feed.loadMore();
      await pass(100);
    }
  }
}

export interface Reader {
  server: ModelServer;
  device: Device;
}

/** A device that has read the newest of that many posts of Ada, whom its viewer follows. */
export async function readOnce(posts: number): Promise<Reader> {
  const server = new ModelServer();
  server.follow("ada");
  for (let at = 0; at < posts; at += 1) server.publish("ada", START + at);
  const device = new Device(server);
  await device.start();
  await pass(QUIET_MS);
  return { server, device };
}

export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

/** What was asked of IndexedDB before is done once this is answered. */
export async function stored(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await readRecord("nobody");
}

/** Time passes in `pass` only. */
export function holdTime(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
}
