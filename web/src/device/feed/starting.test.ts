import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { QUIET_MS, REST_MS, START, holdTime, pass, readOnce, stored } from "./testing/device";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
});

describe("on a normal start", () => {
  it("what was kept is there at once, and is brought up to date without reading a page", async () => {
    const { server, device } = await readOnce(70);
    const pagesRead = server.pagesRead;
    server.delete(server.ids()[3] ?? "");
    const later = server.publish("ada", START + 1_000_000);
    device.network.isUp = false;
    await device.reload();
    expect(device.ids).toHaveLength(50);
    expect(device.state).toMatchObject({ isKnown: true, connection: "connecting" });
    device.network.isUp = true;
    await pass(REST_MS);
    expect(device.ids[0]).toBe(later);
    expect(device.ids).toEqual(server.ids().slice(0, 50));
    expect(device.state.waiting).toBe(0);
    expect(server.pagesRead).toBe(pagesRead);
    await device.readAll();
    expect(device.ids).toEqual(server.ids());
  });

  it("what was missed waits if one had to look at what was kept first", async () => {
    const { server, device } = await readOnce(10);
    device.network.isUp = false;
    await device.reload();
    await pass(1_000);
    expect(device.state.connection).toBe("away");
    server.publish("ada", START + 1_000_000);
    device.network.isUp = true;
    await pass(REST_MS);
    expect(device.state.waiting).toBe(1);
  });

  it("what comes later waits, and the list does not move", async () => {
    const { server, device } = await readOnce(10);
    const before = device.state.entries;
    const ids = [1, 2, 3].map((at) => server.publish("ada", START + 1_000_000 + at));
    await pass(QUIET_MS);
    expect(device.state.entries).toEqual(before);
    expect(device.state.waiting).toBe(3);
    server.delete(ids[1] ?? "");
    await pass(QUIET_MS);
    expect(device.state.waiting).toBe(2);
    device.feed.showWaiting();
    expect(device.ids).toEqual(server.ids());
    expect(device.state.waiting).toBe(0);
  });

  it("where nothing is shown there is nothing to wait for", async () => {
    const { server, device } = await readOnce(0);
    expect(device.state).toMatchObject({ isKnown: true, hasMore: false, entries: [] });
    server.publish("ada", START);
    await pass(QUIET_MS);
    expect(device.ids).toEqual(server.ids());
  });

  it("a gap has the first page read anew, and what is gone is told", async () => {
    const { server, device } = await readOnce(10);
    device.feed.stop();
    await stored();
    const [gone] = server.ids();
    server.delete(gone ?? "");
    for (let at = 0; at < 100; at += 1) server.publish("ada", START + 1_000_000 + at);
    server.forget();
    await device.reload();
    await pass(QUIET_MS);
    expect(device.ids).toEqual(server.ids().slice(0, 50));
    expect(device.removed).toContain(gone);
    await device.readAll();
    expect(device.ids).toEqual(server.ids());
  });
});
