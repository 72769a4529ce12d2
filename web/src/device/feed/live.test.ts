import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Line, type Listener } from "./live";
import { REST_MS, START, holdTime, pass } from "./testing/device";
import { ModelNetwork } from "./testing/network";
import { ModelServer } from "./testing/server";

const PAUSE_MAX_MS = 30_000;

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
});

it("each update is heard once and in order, wherever the connection breaks", async () => {
  const { server, network, heard, stop } = listening();
  const told: string[] = [];
  for (let at = 0; at < 60; at += 1) {
    told.push(server.publish("ada", START + at));
    if (at % 7 === 3) network.cut();
    if (at % 20 === 9) network.isUp = false;
    await pass(at % 5 === 0 ? 40 : 7);
    network.isUp = true;
  }
  await pass(REST_MS);
  expect(heard).toEqual(told);
  stop();
});

it("pauses become longer, and never longer than half a minute", async () => {
  const { network, lost, stop } = listening();
  await pass(100);
  vi.spyOn(Math, "random").mockReturnValue(1);
  network.isUp = false;
  network.cut();
  await pass(20 * PAUSE_MAX_MS);
  const pauses = lost.slice(1).map((at, n) => at - (lost[n] ?? 0));
  expect(pauses.slice(0, 3).map(Math.round)).toEqual([510, 1010, 2010]);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(PAUSE_MAX_MS + 10);
  expect(pauses.length).toBeGreaterThan(20);
  vi.restoreAllMocks();
  stop();
});

interface Listening {
  server: ModelServer;
  network: ModelNetwork;
  /** The ids of posts, as they were heard. */
  heard: string[];
  /** When the connection was lost. */
  lost: number[];
  stop: () => void;
}

function listening(): Listening {
  const server = new ModelServer();
  server.follow("ada");
  const network = new ModelNetwork(server, () => 10);
  const heard: string[] = [];
  const lost: number[] = [];
  let moment = `moment ${server.moment}`;
  const listener: Listener = {
    moment: () => Promise.resolve(moment),
    hear: (update) => {
      if ("cursor" in update) moment = update.cursor;
      if (update.__typename === "FeedPostAdded") heard.push(update.post.id);
    },
    onOpen: () => undefined,
    onLost: () => lost.push(performance.now()),
  };
  const run = new AbortController();
  void new Line(network, listener).hold(run.signal);
  return {
    server,
    network,
    heard,
    lost,
    stop: () => {
      run.abort();
    },
  };
}
