/** What is said in place of a picture. */

import { expect, test } from "vitest";

import { altOf, titleOf } from "./words";

const author = { __typename: "User", id: "1", username: "ada", displayName: "Ada" } as const;

test("A post is named by who took it", () => {
  expect(titleOf({ author })).toBe("Photo by Ada");
});

test("A picture says what is to be seen, or that nobody said it", () => {
  expect(altOf({ author, altText: "A pier in fog." })).toBe("A pier in fog.");
  expect(altOf({ author, altText: null })).toBe("Photo by Ada, without a description");
  expect(altOf({ author, altText: "" })).toBe("Photo by Ada, without a description");
});
