/** Whether signing in leads on to where somebody wanted to go, and nowhere else. */

import { beforeAll, expect, it, vi } from "vitest";

import { pathAfter, signInPath, withNext } from "./next";

beforeAll(() => {
  vi.stubGlobal("location", new URL("https://photos.example/sign-in"));
});

it("leads back to the page that asked for it", () => {
  const [, query = ""] = signInPath("/people/ada").split("?");
  expect(pathAfter(new URLSearchParams(query))).toBe("/people/ada");
});

it("leads to the feed if nothing asked for it", () => {
  expect(pathAfter(new URLSearchParams())).toBe("/");
});

it.each(["https://else.example/", "//else.example", "/\\else.example", "javascript:alert(1)", "x"])(
  "does not lead to %s",
  (next) => {
    expect(pathAfter(new URLSearchParams({ next }))).toBe("/");
  },
);

it("keeps the wish for who signs up instead", () => {
  expect(withNext("/sign-up", new URLSearchParams({ next: "/upload" }))).toBe(
    "/sign-up?next=%2Fupload",
  );
  expect(withNext("/sign-up", new URLSearchParams())).toBe("/sign-up");
});
