/** The way of a photo to its post, and what ends it. */

import { describe, expect, it } from "vitest";

import { Refusal } from "../../refusals";
import { CHUNK_BYTES } from "../resumable";
import { aPhoto } from "./device";
import {
  NO_FORMS,
  setScene,
  stepsOf,
  TEXT,
  until,
  untilOnePost,
  untilSteps,
  keptOn,
} from "./scene";

const scene = setScene();

describe("a photo", () => {
  it("goes as one form, is published, and leaves the device when it is ready", async () => {
    const uploads = scene.device.open();
    const key = await uploads.add(aPhoto(), TEXT);
    expect(uploads.getSnapshot()).toMatchObject([{ key, originalBytes: 4_200_000, ...TEXT }]);
    await untilOnePost(scene);
    expect(uploads.getSnapshot()).toMatchObject([{ key, postId: "post-1", fraction: 1 }]);
    expect(scene.device.published).toEqual(["post-1"]);
    expect(scene.origin.countOf("POST")).toBe(0);
    expect(await keptOn(scene.device)).toBe(0);
  });

  it("is asked for again while it is processed", async () => {
    scene.origin.posts.delays = 2;
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilSteps(uploads, "ready");
    expect(scene.origin.countOf("status")).toBe(3);
  });

  it("has no alternative text rather than an empty one", async () => {
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), { ...TEXT, altText: "" });
    await untilSteps(uploads, "ready");
    expect(scene.origin.posts.made).toMatchObject([{ altText: null }]);
  });

  it("goes on over tus when its form breaks, and sends no chunk twice that has arrived", async () => {
    scene.origin.faultAt = (door, count) => {
      if (door === "form") return "cut";
      return door === "PATCH" && count % 2 === 0 ? "cut" : undefined;
    };
    const photo = aPhoto(4 * CHUNK_BYTES);
    const uploads = scene.device.open();
    await uploads.add(photo, TEXT);
    await untilOnePost(scene);
    expect(scene.origin.countOf("form")).toBe(1);
    expect(scene.origin.resumables.size).toBe(1);
    expect(scene.origin.resumables.received).toBe(photo.blob.size);
  });

  it("is not sent again when only the answer to its form was lost", async () => {
    scene.origin.faultAt = (door) => (door === "form" ? "lost" : undefined);
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilOnePost(scene);
    expect(scene.origin.countOf("POST")).toBe(0);
  });

  it("is sent anew when what was sent has expired, with the same key", async () => {
    scene.origin.onDone = (door, count) => {
      if (door === "form" || (door === "PATCH" && count === 1)) scene.origin.expire();
    };
    const uploads = scene.device.open();
    await uploads.add(aPhoto(3 * CHUNK_BYTES), TEXT);
    await untilOnePost(scene);
    expect(scene.origin.countOf("POST")).toBe(2);
  });

  it("goes on when the token of its upload has expired", async () => {
    scene.device.token = "expired";
    scene.origin.faultAt = (door) => {
      if (door === "form") scene.device.token = "expired";
      return door === "form" ? NO_FORMS : undefined;
    };
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilOnePost(scene);
  });

  it("waits for the network as long as it takes, and goes on when it is back", async () => {
    let isAway = true;
    scene.origin.faultAt = () => (isAway ? "cut" : undefined);
    const patience = { firstMs: 600_000, mostMs: 600_000, stallMs: 3_000 };
    const uploads = scene.device.open({ patience });
    await uploads.add(aPhoto(), TEXT);
    await until(() => {
      expect(scene.origin.countOf("createUpload")).toBe(1);
      expect(stepsOf(uploads)).toEqual(["waiting"]);
    });
    isAway = false;
    await until(() => {
      scene.device.network.dispatchEvent(new Event("online"));
      expect(stepsOf(uploads)).toEqual(["ready"]);
    });
    await untilOnePost(scene);
  });

  it("does not wait for an answer that never comes", async () => {
    const patience = { firstMs: 4, mostMs: 16, stallMs: 30 };
    let asked = 0;
    const uploads = scene.device.open({
      patience,
      postForm: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    });
    await uploads.add(aPhoto(), TEXT);
    await untilOnePost(scene);
    expect(asked).toBe(1);
  });

  it.each(["RATE_LIMITED", "LIMIT_REACHED", "INTERNAL_SERVER_ERROR", "IDEMPOTENCY_CONFLICT"])(
    "is tried again after %s",
    async (code) => {
      scene.origin.posts.refusals.push(code);
      const uploads = scene.device.open();
      await uploads.add(aPhoto(), TEXT);
      await untilOnePost(scene);
    },
  );

  it("is gone when its post was deleted before it was told of it", async () => {
    scene.origin.posts.refusals.push("NOT_FOUND");
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilSteps(uploads);
    expect(await keptOn(scene.device)).toBe(0);
  });

  it("is not lost when nothing is found where the server was", async () => {
    scene.origin.faultAt = (door, count) =>
      door === "publish" && count === 1 ? { status: 404, code: "NOT_FOUND" } : undefined;
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilOnePost(scene);
  });

  it("is gone when its post was deleted elsewhere", async () => {
    scene.origin.posts.fates.push("DELETED");
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilSteps(uploads);
    expect(scene.device.published).toEqual([]);
  });
});

describe("a photo that is refused", () => {
  it("says why, also after the tab was closed, and is sent when it is tried again", async () => {
    scene.origin.posts.refusals.push("INVALID_IMAGE");
    const first = scene.device.open();
    const key = await first.add(aPhoto(), TEXT);
    await untilSteps(first, "refused");
    first.stop();
    const uploads = scene.device.open();
    await until(() => {
      expect(uploads.getSnapshot()[0]?.refusal).toBeInstanceOf(Refusal);
    });
    expect(uploads.getSnapshot()[0]?.refusal?.code).toBe("INVALID_IMAGE");
    await uploads.retry(key);
    await untilOnePost(scene);
  });

  it("gets a new key when its post failed", async () => {
    scene.origin.posts.fates.push("FAILED");
    const uploads = scene.device.open();
    const key = await uploads.add(aPhoto(), TEXT);
    await until(() => {
      expect(uploads.getSnapshot()[0]?.refusal?.message).toBe("It is no photo.");
    });
    await uploads.retry(key);
    await untilSteps(uploads, "ready");
    expect(scene.origin.posts.made.map(({ status }) => status)).toEqual(["FAILED", "READY"]);
  });

  it("keeps no other waiting", async () => {
    scene.origin.posts.refusals.push("UNSUPPORTED_FORMAT");
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await uploads.add(aPhoto(), TEXT);
    await untilSteps(uploads, "refused", "ready");
    expect(scene.origin.posts.made).toMatchObject([{ status: "READY" }]);
  });

  it("can be discarded", async () => {
    scene.origin.posts.refusals.push("INVALID_IMAGE");
    const uploads = scene.device.open();
    const key = await uploads.add(aPhoto(), TEXT);
    await untilSteps(uploads, "refused");
    await uploads.discard(key);
    expect(uploads.getSnapshot()).toEqual([]);
    expect(await keptOn(scene.device)).toBe(0);
  });
});

describe("a photo that is discarded on its way", () => {
  it.each(["in the tab that sends it", "in another"])("is sent no further: %s", async (where) => {
    let sending: AbortSignal | undefined;
    const first = scene.device.open({
      postForm: (_, __, { signal }) => {
        sending = signal;
        return new Promise(() => undefined);
      },
    });
    const key = await first.add(aPhoto(), TEXT);
    await until(() => {
      expect(sending).toBeDefined();
    });
    const second = scene.device.open();
    await (where === "in another" ? second : first).discard(key);
    await until(() => {
      expect(sending?.aborted).toBe(true);
    });
    await untilSteps(first);
    expect(await keptOn(scene.device)).toBe(0);
    expect(scene.origin.posts.made).toEqual([]);
  });
});
