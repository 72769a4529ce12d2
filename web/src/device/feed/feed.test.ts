import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Refusal } from "../refusals";
import { createFeed } from "./feed";
import {
  Device,
  QUIET_MS,
  REST_MS,
  START,
  holdTime,
  pass,
  readOnce,
  stored,
} from "./testing/device";
import { ModelServer } from "./testing/server";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
});

describe("posts of one millisecond", () => {
  it("are not lost where what is kept ends", async () => {
    const { server, device } = await readOnce(20);
    for (let at = 0; at < 60; at += 1) server.publish("ada", START + 1_000);
    void device.feed.refresh();
    await pass(QUIET_MS);
    await device.readAll();
    await device.reload();
    await pass(QUIET_MS);
    expect(device.ids).toHaveLength(50);
    await device.readAll();
    expect(new Set(device.ids)).toEqual(new Set(server.ids()));
  });
});

describe("a gap", () => {
  it("is found again if the feed could not be read anew before the page was closed", async () => {
    const { server, device } = await readOnce(10);
    const [gone, , ownChoice] = server.ids();
    server.delete(gone ?? "");
    device.network.cut();
    server.forget();
    const ask = vi.spyOn(device.network, "ask").mockRejectedValue(new Refusal("AWAY", "Away"));
    await pass(QUIET_MS);
    device.feed.remove(({ id }) => id === ownChoice);
    server.delete(ownChoice ?? "");
    ask.mockRestore();
    await device.reload();
    await pass(QUIET_MS);
    expect(device.ids).toEqual(server.ids());
  });
});

describe("a post that took long to be compressed", () => {
  it("waits for its page if it belongs further down", async () => {
    const { server, device } = await readOnce(70);
    const late = server.publish("ada", START + 1);
    await pass(QUIET_MS);
    device.feed.showWaiting();
    expect(device.ids).not.toContain(late);
    await device.readAll();
    expect(device.ids).toContain(late);
    expect(device.ids).toHaveLength(71);
  });

  it("is not lost if it is as old as the end of what is known", async () => {
    const { server, device } = await readOnce(70);
    const end = device.state.entries.at(-1);
    const late = server.publish("ada", Date.parse(end?.createdAt ?? ""));
    await pass(QUIET_MS);
    await device.readAll();
    device.feed.showWaiting();
    expect(device.ids).toContain(late);
    expect(device.ids).toHaveLength(71);
  });
});

describe("while a page is on its way", () => {
  it("a removal wins", async () => {
    const { server, device } = await readOnce(70);
    const victim = server.ids()[60] ?? "";
    const page = vi.spyOn(server, "page");
    page.mockImplementationOnce((first, after) => {
      page.mockRestore();
      const answer = server.page(first, after);
      queueMicrotask(() => {
        server.delete(victim);
      });
      return answer;
    });
    void device.feed.loadMore();
    await pass(REST_MS);
    expect(device.ids).toEqual(server.ids());
    expect(device.removed).toContain(victim);
  });

  it("what is removed by oneself stays away", async () => {
    const { server, device } = await readOnce(70);
    void device.feed.loadMore();
    device.feed.remove(({ authorId }) => authorId === "ada");
    await pass(QUIET_MS);
    expect(device.ids).toEqual([]);
    expect(server.ids()).toHaveLength(70);
  });

  it("what is removed by oneself stays away when the feed is read anew, too", async () => {
    const { server, device } = await readOnce(10);
    const [own] = server.ids();
    void device.feed.refresh();
    await pass(15);
    device.feed.remove(({ id }) => id === own);
    await pass(7);
    expect(device.state.isLoading).toBe(false);
    expect(device.ids).toEqual(server.ids().slice(1));
  });

  it("stopping leaves nothing loading, and it can be started again", async () => {
    const { server, device } = await readOnce(70);
    void device.feed.loadMore();
    device.feed.stop();
    device.feed.start();
    device.feed.start();
    await pass(QUIET_MS);
    expect(device.state).toMatchObject({ isLoading: false, connection: "live" });
    await device.readAll();
    expect(device.ids).toEqual(server.ids());
  });

  it("reading anew goes before, and shows what was asked for", async () => {
    const { server, device } = await readOnce(70);
    server.publish("bob", START + 2_000_000);
    server.follow("bob");
    void device.feed.loadMore();
    void device.feed.refresh();
    await pass(QUIET_MS);
    expect(device.ids[0]).toBe(server.ids()[0]);
    await device.readAll();
    expect(device.ids).toEqual(server.ids());
  });

  it("another one asked for later is not taken for it", async () => {
    const { server, device } = await readOnce(10);
    void device.feed.refresh();
    await pass(15);
    server.publish("bob", START + 2_000_000);
    server.follow("bob");
    const asked = vi.fn();
    void device.feed.refresh().then(asked);
    await pass(QUIET_MS);
    expect(asked).toHaveBeenCalled();
    expect(device.ids).toEqual(server.ids());
  });
});

describe("a refusal", () => {
  it("is told, and the next connection forgets that there was none", async () => {
    const server = new ModelServer();
    const device = new Device(server);
    device.network.isUp = false;
    await device.start();
    await pass(1_000);
    expect(device.state).toMatchObject({ isKnown: false, connection: "away" });
    expect(device.state.refusal?.code).toBe("UNREACHABLE");
    device.network.isUp = true;
    await pass(REST_MS);
    expect(device.state).toMatchObject({ isKnown: true, connection: "live", refusal: null });
  });

  it("of a place that the server does not know has the feed read anew", async () => {
    const { server, device } = await readOnce(70);
    const page = vi.spyOn(server, "page");
    page.mockImplementationOnce((first) => server.page(first, "garbled 1"));
    void device.feed.loadMore();
    await pass(QUIET_MS);
    page.mockRestore();
    expect(device.state).toMatchObject({ refusal: null, hasMore: true });
    await device.readAll();
    expect(device.ids).toEqual(server.ids());
  });
});

describe("a moment that the server does not know", () => {
  it("has the feed read anew", async () => {
    const { server, device } = await readOnce(10);
    const { pagesRead } = server;
    device.network.cut();
    vi.spyOn(server, "next").mockImplementationOnce(() => {
      throw new Refusal("BAD_USER_INPUT", "That is not a cursor of this list");
    });
    server.publish("ada", START + 1_000_000);
    await pass(REST_MS);
    device.feed.showWaiting();
    expect(server.pagesRead).toBe(pagesRead + 1);
    expect(device.ids).toEqual(server.ids());
    expect(device.state.connection).toBe("live");
  });
});

describe("signing out", () => {
  it("takes everything off the device", async () => {
    const { device } = await readOnce(10);
    await stored();
    await device.feed.forget();
    expect(device.state).toMatchObject({ isKnown: false, entries: [] });
    device.network.isUp = false;
    device.feed = createFeed(device.options);
    await device.start();
    expect(device.state).toMatchObject({ isKnown: false, entries: [] });
    device.feed.stop();
  });
});
