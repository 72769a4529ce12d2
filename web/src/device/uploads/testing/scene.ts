/** What tests of the queue have in common: a server, a device, and looking at both. */

import { openDB } from "idb";
import { afterEach, beforeEach, expect, vi } from "vitest";

import type { Uploads } from "../model";
import { Device } from "./device";
import { Origin, type Fault } from "./origin";

export const TEXT = { description: "Lift-off", altText: "A rocket" };
/** Has everything go over tus. */
export const NO_FORMS: Fault = { status: 403, code: "FORBIDDEN" };
export const UNAVAILABLE: Fault = { status: 503, code: "SERVICE_UNAVAILABLE" };

const DEADLINE = { timeout: 15_000, interval: 3 };

interface Scene {
  origin: Origin;
  device: Device;
}

/** A server and a device, new for every test. */
export function setScene(): Scene {
  vi.setConfig({ testTimeout: 20_000 });
  const scene = {} as Scene;
  beforeEach(async () => {
    scene.origin = new Origin();
    await scene.origin.open();
    scene.device = new Device(scene.origin);
  });
  afterEach(async () => {
    scene.device.close();
    await scene.origin.close();
    vi.unstubAllGlobals();
  });
  return scene;
}

export async function until(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, DEADLINE);
}

export function stepsOf(uploads: Uploads): string[] {
  return uploads.getSnapshot().map(({ step }) => step);
}

export async function untilSteps(uploads: Uploads, ...steps: string[]): Promise<void> {
  await until(() => {
    expect(stepsOf(uploads)).toEqual(steps);
  });
}

/** One post, everybody can see it, and nothing is left on the device. */
export async function untilOnePost({ origin, device }: Scene): Promise<void> {
  await until(async () => {
    expect(origin.posts.made).toMatchObject([{ ...TEXT, status: "READY" }]);
    expect(await keptOn(device)).toBe(0);
  });
}

/** How much is written down on the device: photos, and what is to be done with them. */
export async function keptOn({ viewerId }: Device): Promise<number> {
  const database = await openDB(`photofeed-uploads-${viewerId}`);
  const counts = await Promise.all([database.count("uploads"), database.count("photos")]);
  database.close();
  return counts[0] + counts[1];
}
