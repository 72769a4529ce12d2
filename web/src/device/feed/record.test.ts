import { openDB } from "idb";
import { describe, expect, it } from "vitest";

import { RecordKeeper, readRecord, recentPostIds, type FeedRecord } from "./record";

const ENTRY = {
  id: "post",
  createdAt: "2026-11-25T00:00:00.000Z",
  authorId: "ada",
  cursor: "here",
};
const RECORD: FeedRecord = { entries: [ENTRY], end: null, moment: "now" };

describe("what was kept", () => {
  it("is there for its viewer, and for nobody else", async () => {
    const { keeper, stop } = kept("one");
    keeper.keep(RECORD);
    await expect.poll(() => readRecord("one")).toEqual(RECORD);
    expect(await recentPostIds("one")).toEqual(["post"]);
    expect(await readRecord("another")).toBeNull();
    stop();
  });

  it("is the last of what was given, all of it as of one moment", async () => {
    const { keeper, stop } = kept("last");
    for (let at = 0; at < 50; at += 1) {
      const entries = Array.from({ length: at }, (_, n) => ({ ...ENTRY, id: String(n) }));
      keeper.keep({ ...RECORD, entries, moment: String(at) });
    }
    await expect.poll(async () => (await readRecord("last"))?.moment).toBe("49");
    expect((await readRecord("last"))?.entries).toHaveLength(49);
    stop();
  });

  it("is gone once it is forgotten", async () => {
    const { keeper, stop } = kept("gone");
    keeper.keep(RECORD);
    await expect.poll(() => readRecord("gone")).toEqual(RECORD);
    keeper.keep({ ...RECORD, moment: "later" });
    stop();
    await keeper.forget();
    expect(await readRecord("gone")).toBeNull();
  });
});

describe("of two tabs", () => {
  it("one writes, and the other when that one is closed", async () => {
    const first = kept("tabs");
    first.keeper.keep({ ...RECORD, moment: "first" });
    await expect.poll(async () => (await readRecord("tabs"))?.moment).toBe("first");
    const second = kept("tabs");
    second.keeper.keep({ ...RECORD, moment: "second" });
    first.keeper.keep({ ...RECORD, moment: "first again" });
    await expect.poll(async () => (await readRecord("tabs"))?.moment).toBe("first again");
    first.stop();
    await expect.poll(async () => (await readRecord("tabs"))?.moment).toBe("second");
    second.stop();
  });
});

describe("what cannot be trusted", () => {
  it.each([
    ["something else", "text"],
    ["no moment", { ...RECORD, moment: null }],
    ["no entries", { ...RECORD, entries: null }],
    ["an entry without its author", { ...RECORD, entries: [{ ...ENTRY, authorId: undefined }] }],
    ["an end that is none", { ...RECORD, end: { createdAt: 7, cursor: null } }],
    ["too much", { ...RECORD, entries: Array.from({ length: 51 }, () => ENTRY) }],
  ])("counts as nothing: %s", async (_, written) => {
    await readRecord("damaged");
    const database = await openDB("photofeed-feed");
    await database.put("records", written, "damaged");
    database.close();
    expect(await readRecord("damaged")).toBeNull();
  });

  it("is replaced, even a database of another version", async () => {
    (await openDB("photofeed-feed", 7)).close();
    expect(await readRecord("version")).toBeNull();
    const { keeper, stop } = kept("version");
    keeper.keep(RECORD);
    await expect.poll(() => readRecord("version")).toEqual(RECORD);
    stop();
  });
});

function kept(viewerId: string): { keeper: RecordKeeper; stop: () => void } {
  const keeper = new RecordKeeper(viewerId);
  const run = new AbortController();
  keeper.start(run.signal);
  return {
    keeper,
    stop: () => {
      run.abort();
    },
  };
}
