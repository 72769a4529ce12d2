/** Whether sizes are said as people say them. */

import { expect, it } from "vitest";

import { sizeInWords, sizesInWords } from "./sizes";

it.each([
  [999, "999 byte"],
  [310_400, "310 kB"],
  [999_600, "1 MB"],
  [4_200_000, "4.2 MB"],
  [20_971_520, "21 MB"],
])("says of %d bytes that they are %s", (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words);
});

it("tells a size once where nothing was won", () => {
  expect(sizesInWords(4_200_000, 310_000)).toBe("4.2 MB → 310 kB");
  expect(sizesInWords(310_000, 310_100)).toBe("310 kB");
});
