/** Several tabs with photos on their way: one sends, all tell. */

import { describe, expect, it, vi } from "vitest";

import { WAITING_MAX } from "../uploads";
import { aPhoto } from "./device";
import {
  keptOn,
  setScene,
  stepsOf,
  TEXT,
  UNAVAILABLE,
  until,
  untilOnePost,
  untilSteps,
} from "./scene";

const scene = setScene();

describe("two tabs", () => {
  it("send each photo once, and both see it arrive", async () => {
    const tabs = [scene.device.open(), scene.device.open()];
    for (const tab of tabs) await tab.add(aPhoto(), TEXT);
    for (const tab of tabs) {
      await untilSteps(tab, "ready", "ready");
    }
    expect(scene.origin.posts.made).toHaveLength(2);
    expect(scene.origin.countOf("form")).toBe(2);
  });

  it("make one post of a photo even where there are no locks", async () => {
    vi.stubGlobal("navigator", {});
    const first = scene.device.open();
    await first.add(aPhoto(), TEXT);
    const second = scene.device.open();
    await until(() => {
      expect(scene.origin.posts.made).toMatchObject([{ status: "READY" }]);
      expect(stepsOf(first).concat(stepsOf(second))).not.toContain("sending");
    });
    await untilOnePost(scene);
  });

  it("take over from each other", async () => {
    const forever = () => new Promise<never>(() => undefined);
    const first = scene.device.open({ postForm: forever });
    await first.add(aPhoto(), TEXT);
    await until(() => {
      expect(scene.origin.countOf("createUpload")).toBe(1);
    });
    const second = scene.device.open();
    await until(() => {
      expect(second.getSnapshot()).toHaveLength(1);
    });
    first.stop();
    await untilOnePost(scene);
  });
});

describe("the device", () => {
  it("keeps a limited number of photos", async () => {
    scene.origin.faultAt = () => UNAVAILABLE;
    const uploads = scene.device.open();
    for (let count = 0; count < WAITING_MAX; count += 1) await uploads.add(aPhoto(10), TEXT);
    await expect(uploads.add(aPhoto(10), TEXT)).rejects.toMatchObject({ code: "TOO_MANY_UPLOADS" });
  });

  it("says so when there is no room for a photo, and keeps nothing of it", async () => {
    const uploads = scene.device.open();
    const put = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
      throw new DOMException("No room.", "QuotaExceededError");
    });
    await expect(uploads.add(aPhoto(), TEXT)).rejects.toMatchObject({ code: "STORAGE_FULL" });
    put.mockRestore();
    expect(await keptOn(scene.device)).toBe(0);
  });

  it("forgets everything, in all tabs", async () => {
    scene.origin.faultAt = () => UNAVAILABLE;
    const [first, second] = [scene.device.open(), scene.device.open()];
    await first.add(aPhoto(), TEXT);
    await until(() => {
      expect(second.getSnapshot()).toHaveLength(1);
    });
    await first.forget();
    expect(first.getSnapshot()).toEqual([]);
    await untilSteps(second);
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).not.toContain(`photofeed-uploads-${scene.device.viewerId}`);
  });
});
