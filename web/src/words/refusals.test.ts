/** Whether a person is told of every refusal in words. */

import { describe, expect, it } from "vitest";

import DOCUMENT from "../../../FRONTEND.md?raw";
import { Refusal, STORAGE_FULL, UNREACHABLE, UNREADABLE_PHOTO } from "../device/refusals";
import { hasWords, sentenceFor, wordsFor } from "./refusals";

/** No person can meet them unless the app is wrong, and then it is our fault. */
const FAULTS_OF_THE_APP = new Set([
  ...["BAD_REQUEST", "BAD_USER_INPUT", "FORBIDDEN", "GRAPHQL_PARSE_FAILED", "HEADERS_TOO_LARGE"],
  ...["METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE", "NOT_FOUND", "PRECONDITION_FAILED"],
  ...["UNSUPPORTED_MEDIA_TYPE", "URI_TOO_LONG"],
]);
const REFUSALS = rowsOf("refusals");
const ERRORS = rowsOf("errors");
const OWN = [UNREACHABLE, UNREADABLE_PHOTO, STORAGE_FULL];
const ALL = [...REFUSALS, ...ERRORS, ...OWN];

describe("words for refusals", () => {
  it.each([...REFUSALS, ...OWN])("%s has words of its own", (code) => {
    expect(hasWords(code)).toBe(true);
  });

  it.each(ERRORS)("%s has words of its own, or is the app's fault", (code) => {
    expect(hasWords(code) || FAULTS_OF_THE_APP.has(code)).toBe(true);
  });

  it("counts as the app's fault what the document says is a bug of the client", () => {
    const faults = [...DOCUMENT.matchAll(/^\| `([A-Z_]+)`.*\| a bug of the client \|$/gm)];
    const codes = faults.map(([, code]) => code);
    expect(codes).toContain("BAD_REQUEST");
    expect([...FAULTS_OF_THE_APP]).toEqual(expect.arrayContaining(codes));
  });

  it.each(ALL)("%s is told in sentences, without words of protocols", (code) => {
    const said = sentenceFor(new Refusal(code, "as the server says it"));
    expect(said).toMatch(/^[A-Z].*\.$/);
    expect(said).not.toMatch(/graphql|http|token|server|client|mutation|query|[A-Z]{3,}_|null/i);
  });

  it("names the field that is at fault", () => {
    const at = (field: string) =>
      sentenceFor(new Refusal("INVALID_DESCRIPTION", "", { path: [field] }));
    expect(at("altText")).toContain("alternative text");
    expect(at("description")).not.toContain("alternative text");
  });

  it.each([
    [3, "in a few seconds"],
    [30, "in about 30 seconds"],
    [58, "in about a minute"],
    [200, "in about 3 minutes"],
    [4000, "in about an hour"],
  ])("says after %d seconds to try again", (retryAfter, words) => {
    const { next } = wordsFor(new Refusal("RATE_LIMITED", "", { retryAfter }));
    expect(next).toBe(`You can try again ${words}.`);
  });

  it("gives the number of a request that failed for reasons unknown, and of codes to come", () => {
    for (const code of ["INTERNAL_SERVER_ERROR", "OF_NEXT_YEAR"]) {
      const { next } = wordsFor(new Refusal(code, "", { requestId: "a1b2c3d4" }));
      expect(next).toContain("a1b2c3d4");
    }
  });
});

/** The codes of a table of the document. */
function rowsOf(table: string): string[] {
  const [, begun = ""] = DOCUMENT.split(`<!-- ${table} -->`);
  const [rows = ""] = begun.split(`<!-- /${table} -->`);
  return [...rows.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code = ""]) => code);
}
