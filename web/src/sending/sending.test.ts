/** Whether a draft, its texts and the steps of a photo are what a person expects. */

import { afterEach, describe, expect, it, vi } from "vitest";

import type { PreparedPhoto, PreparingOptions } from "../device/photo/model";
import { Refusal } from "../device/refusals";
import type { UploadState, UploadText } from "../device/uploads/model";
import { faultsOf, toldAtOnce } from "./checks";
import { Draft } from "./draft";
import { progressOf, stepInWords } from "./steps";
import { lengthOf } from "./texts";

const FILE = new Blob(["a photo as it was chosen"], { type: "image/jpeg" });
const PREPARED: PreparedPhoto = {
  blob: new Blob(["smaller"], { type: "image/webp" }),
  contentType: "image/webp",
  size: { width: 4, height: 3 },
  originalBytes: FILE.size,
  isOriginal: false,
};

/** Prepares when it is told to. */
class Preparing {
  readonly asked: (PreparingOptions & {
    done: (photo: PreparedPhoto) => void;
    fail: (error: Error) => void;
  })[] = [];

  readonly prepare = (_: Blob, options: PreparingOptions = {}): Promise<PreparedPhoto> =>
    new Promise((done, fail) => {
      this.asked.push({ ...options, done, fail });
    });
}

class Queue {
  readonly added: { photo: PreparedPhoto; text: UploadText }[] = [];
  refusal: Refusal | null = null;

  readonly add = (photo: PreparedPhoto, text: UploadText): Promise<string> => {
    if (this.refusal) return Promise.reject(this.refusal);
    this.added.push({ photo, text });
    return Promise.resolve("key");
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a draft", () => {
  it("is posted as soon as it is prepared, and then begins anew", async () => {
    const preparing = new Preparing();
    const queue = new Queue();
    const draft = new Draft(preparing.prepare);
    draft.choose(FILE);
    draft.write({ description: " Lift-off ", altText: "A rocket" });
    const posted = draft.post(queue);
    expect(draft.getSnapshot().isPosting).toBe(true);
    preparing.asked[0]?.onProgress?.(0.5);
    expect(draft.getSnapshot().fraction).toBe(0.5);
    preparing.asked[0]?.done(PREPARED);
    expect(await posted).toBe(true);
    const text = { description: "Lift-off", altText: "A rocket" };
    expect(queue.added).toEqual([{ photo: PREPARED, text }]);
    expect(draft.getSnapshot()).toMatchObject({ previewUrl: null, description: "", altText: "" });
    expect(draft.getSnapshot().isPosting).toBe(false);
  });

  it("keeps what was written when it cannot be kept on the device", async () => {
    const preparing = new Preparing();
    const queue = new Queue();
    queue.refusal = new Refusal("STORAGE_FULL", "No room.");
    const draft = new Draft(preparing.prepare);
    draft.choose(FILE);
    draft.write({ description: "Lift-off" });
    preparing.asked[0]?.done(PREPARED);
    expect(await draft.post(queue)).toBe(false);
    expect(draft.getSnapshot()).toMatchObject({
      refusal: queue.refusal,
      description: "Lift-off",
      prepared: PREPARED,
      isPosting: false,
    });
    queue.refusal = null;
    expect(await draft.post(queue)).toBe(true);
  });

  it("is prepared again when the original is wanted, and posted as that", async () => {
    const preparing = new Preparing();
    const queue = new Queue();
    const draft = new Draft(preparing.prepare);
    draft.choose(FILE);
    const posted = draft.post(queue);
    draft.setKeepsOriginal(true);
    const [first, second] = preparing.asked;
    expect(first?.signal?.aborted).toBe(true);
    expect(second?.keepsOriginal).toBe(true);
    first?.done(PREPARED);
    const original = { ...PREPARED, isOriginal: true };
    second?.done(original);
    expect(await posted).toBe(true);
    expect(queue.added).toMatchObject([{ photo: original }]);
  });

  it("says why a photo cannot be prepared, and posts nothing", async () => {
    const preparing = new Preparing();
    const queue = new Queue();
    const draft = new Draft(preparing.prepare);
    draft.choose(FILE);
    const refusal = new Refusal("UNSUPPORTED_FORMAT", "No photo.");
    preparing.asked[0]?.fail(refusal);
    await vi.waitFor(() => {
      expect(draft.getSnapshot().refusal).toBe(refusal);
    });
    expect(await draft.post(queue)).toBe(false);
    expect(draft.getSnapshot().refusal).toBe(refusal);
    expect(queue.added).toEqual([]);
  });

  it("is put into the queue even when the page is left before it is prepared", async () => {
    const preparing = new Preparing();
    const queue = new Queue();
    const draft = new Draft(preparing.prepare);
    draft.choose(FILE);
    const posted = draft.post(queue);
    draft.leave();
    preparing.asked[0]?.done(PREPARED);
    expect(await posted).toBe(true);
    expect(queue.added).toHaveLength(1);
    draft.choose(FILE);
    draft.leave();
    expect(preparing.asked[1]?.signal?.aborted).toBe(true);
  });

  it("lets go of every preview that it has made", () => {
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const made = vi.spyOn(URL, "createObjectURL");
    const draft = new Draft(new Preparing().prepare);
    draft.choose(FILE);
    draft.choose(FILE);
    draft.reset();
    const urls = made.mock.results.map(({ value }) => value as string);
    expect(revoked.mock.calls.flat()).toEqual(urls);
    expect(urls).toHaveLength(2);
  });
});

describe("what is wrong with a draft", () => {
  const draft = new Draft(new Preparing().prepare);

  it("is told in words, and what is missing only when it is missed", () => {
    const faults = faultsOf(draft.getSnapshot(), true);
    expect(faults).toEqual({
      photo: "Please choose a photo first.",
      description: null,
      altText: "Please say what is to be seen.",
    });
    const none = { photo: null, description: null, altText: null };
    expect(toldAtOnce(faults, draft.getSnapshot())).toEqual(none);
  });

  it("is counted in characters as the server counts them", () => {
    expect(lengthOf("🚀".repeat(2_200), 2_200).error).toBeNull();
    expect(lengthOf("🚀".repeat(2_201), 2_200).error).toBe(
      "1 character too many. Please shorten it.",
    );
    expect(lengthOf("a".repeat(2_150), 2_200).hint).toBe("50 characters left");
    expect(lengthOf("a".repeat(100), 2_200)).toEqual({ hint: null, error: null });
  });
});

describe("steps", () => {
  const upload = { step: "waiting", fraction: 0 } as UploadState;

  it("tell waiting for the network from waiting for others", () => {
    expect(stepInWords(upload, [upload])).toBe("Waiting for the network");
    const other = { ...upload, step: "sending" } as UploadState;
    expect(stepInWords(upload, [other, upload])).toBe("Waiting for its turn");
  });

  it("have a measure only while bytes are sent", () => {
    expect(progressOf({ ...upload, step: "sending", fraction: 0.3 })).toBe(0.3);
    expect(progressOf({ ...upload, step: "processing" })).toBeNull();
  });
});
