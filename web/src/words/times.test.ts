/** Whether times and numbers are said as people say them. */

import { expect, it } from "vitest";

import { count, timeSince } from "./times";

const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const SECONDS = 1000;
const DAYS = 24 * 60 * 60 * SECONDS;

it.each([
  [20 * SECONDS, "just now"],
  [-20 * SECONDS, "just now"],
  [5 * 60 * SECONDS, "5 minutes ago"],
  [61 * 60 * SECONDS, "1 hour ago"],
  [DAYS, "yesterday"],
  [6 * DAYS, "6 days ago"],
  [20 * DAYS, "November 2"],
  [400 * DAYS, "October 18, 2025"],
])("says %d milliseconds later when it was", (age, words) => {
  expect(timeSince(new Date(NOW - age), NOW)).toBe(words);
});

it("counts one as one, and many as many", () => {
  expect(count(1, "follower")).toBe("1 follower");
  expect(count(0, "follower")).toBe("0 followers");
  expect(count(1200, "following", "following")).toBe("1,200 following");
});
