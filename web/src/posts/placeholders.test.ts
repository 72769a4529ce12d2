/** Placeholders, also of hashes that are damaged. */

import { rgbaToThumbHash } from "thumbhash";
import { expect, test } from "vitest";

import { placeholderOf } from "./placeholders";

function hashOf(red: number): string {
  const pixels = Array.from({ length: 8 * 8 }, () => [red, 80, 120, 255]).flat();
  return btoa(String.fromCharCode(...rgbaToThumbHash(8, 8, pixels)));
}

test("A ThumbHash becomes an image for a style", () => {
  expect(placeholderOf(hashOf(200))).toMatch(/^url\("data:image\/png;base64,[\w+/=]+"\)$/);
});

test.each(["", "AA", "not base64!", btoa("x")])("%j is no ThumbHash, and shows nothing", (hash) => {
  expect(placeholderOf(hash)).toBeNull();
});

test("However many were shown, what was shown lately is the same as before", () => {
  const first = placeholderOf(hashOf(1));
  for (let red = 0; red < 256; red += 1) placeholderOf(hashOf(red));
  expect(placeholderOf(hashOf(1))).toBe(first);
});
