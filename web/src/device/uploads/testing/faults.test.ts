/** Photos that arrive once, whatever breaks on their way. */

import { describe, expect, it } from "vitest";

import { aPhoto } from "./device";
import type { Door, Fault } from "./origin";
import { NO_FORMS, setScene, stepsOf, TEXT, UNAVAILABLE, until, untilOnePost } from "./scene";

const DOORS: Door[] = ["createUpload", "form", "publish", "status", "POST", "HEAD", "PATCH"];

const scene = setScene();

describe("whatever is cut, lost or refused on the way", () => {
  const faults: Fault[] = ["cut", "lost", UNAVAILABLE];
  const points = DOORS.flatMap((door) => faults.map((fault) => ({ door, fault })));

  it.each(points)("there is one post: $door, $fault", async ({ door, fault }) => {
    scene.origin.faultAt = (at, count) => (at === door && count <= 2 ? fault : leadingTo(door, at));
    const uploads = scene.device.open();
    await uploads.add(aPhoto(), TEXT);
    await untilOnePost(scene);
    expect(scene.origin.countOf(door)).toBeGreaterThan(door === "form" ? 0 : 1);
  });

  /** What has to happen for a door to be knocked at. */
  function leadingTo(door: Door, at: Door): Fault | undefined {
    if (at === "form" && ["POST", "HEAD", "PATCH"].includes(door)) return NO_FORMS;
    return at === "PATCH" && door === "HEAD" && scene.origin.countOf(at) === 1 ? "cut" : undefined;
  }
});

describe("whenever the tab is killed", () => {
  const ways = ["as a form", "over tus"];
  const points = ways.flatMap((way) =>
    DOORS.flatMap((door) => ["asked", "done"].map((moment) => ({ way, door, moment }))),
  );

  it.each(points)("there is one post: $way, $door $moment", async ({ way, door, moment }) => {
    const first = scene.device.open();
    const kill = (at: Door) => {
      if (at === door) first.stop();
    };
    scene.origin.faultAt = (at) => {
      if (moment === "asked") kill(at);
      return way === "over tus" && at === "form" ? NO_FORMS : undefined;
    };
    scene.origin.onDone = moment === "done" ? kill : () => undefined;
    await first.add(aPhoto(), TEXT);
    const isOver = () => scene.origin.countOf(door) > 0 || stepsOf(first)[0] === "ready";
    await until(() => {
      expect(isOver()).toBe(true);
    });
    const uploads = scene.device.open();
    await untilOnePost(scene);
    expect(scene.origin.countOf("form")).toBeLessThan(2);
    uploads.stop();
  });

  it("there is one post: after every change that is seen of it", async () => {
    for (let changes = 1, isKilled = true; isKilled; changes += 1) {
      isKilled = await killAfter(changes);
      expect(scene.origin.posts.made).toHaveLength(changes);
    }
  });

  /** Whether there were so many changes. */
  async function killAfter(changes: number): Promise<boolean> {
    let left = changes;
    const first = scene.device.open();
    first.subscribe(() => {
      left -= 1;
      if (left === 0) first.stop();
    });
    await first.add(aPhoto(), TEXT);
    await until(() => {
      expect(left <= 0 || stepsOf(first)[0] === "ready").toBe(true);
    });
    const uploads = scene.device.open();
    await until(() => {
      expect(scene.origin.posts.made.map(({ status }) => status)).toEqual(
        Array<string>(changes).fill("READY"),
      );
    });
    first.stop();
    uploads.stop();
    return left <= 0;
  }
});
