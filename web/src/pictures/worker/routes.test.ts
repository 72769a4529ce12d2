/** Which addresses are pages of the app. */

import { expect, test } from "vitest";

import { PAGES } from "./routes";

test.each([
  "/",
  "/?from=elsewhere",
  "/sign-in",
  "/sign-in?next=%2Fupload",
  "/sign-up",
  "/upload",
  "/settings",
  "/people",
  "/people/ada_1",
  "/people/ada_1/followers",
  "/people/ada_1/following",
  "/posts/UG9zdDox-_w==",
])("%s is a page of the app", (path) => {
  expect(PAGES.test(path)).toBe(true);
});

test.each([
  "/graphql",
  "/graphql?query=%7Bviewer%7D",
  "/uploads",
  "/uploads/1",
  "/playground",
  "/schema.graphql",
  "/health",
  "/posts",
  "/posts/1/2",
  "/people/ada/posts",
  "/x?/upload",
])("%s is the server's to answer", (path) => {
  expect(PAGES.test(path)).toBe(false);
});
