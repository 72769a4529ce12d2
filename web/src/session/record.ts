/** What is kept of a session: one record, which all tabs share. */

import type { AuthFieldsFragment } from "../gql/graphql";
import { Refusal } from "../device/refusals";
import type { Viewer } from "./model";

export const RECORD_KEY = "photofeed.session";

export interface SessionRecord {
  viewer: Viewer;
  accessToken: string;
  refreshToken: string;
  /** By this device's clock, in milliseconds. */
  renewAt: number;
}

/** @returns Null if there is none, or if it is damaged. */
export function readRecord(storage: Storage): SessionRecord | null {
  const found = parsed(storage);
  return isRecord(found) ? found : null;
}

export function writeRecord(storage: Storage, record: SessionRecord | null): void {
  if (record) storage.setItem(RECORD_KEY, JSON.stringify(record));
  else storage.removeItem(RECORD_KEY);
}

/** Has everybody know that a session is over of which nobody signed out. */
export function writeEnd(storage: Storage, { viewer }: SessionRecord): void {
  const end: SessionEnd = { endedFor: viewer.id };
  storage.setItem(RECORD_KEY, JSON.stringify(end));
}

/** @returns The id of whose session it was; null if the last thing that is known is another. */
export function readEnd(storage: Storage): string | null {
  const { endedFor } = (parsed(storage) ?? {}) as Partial<SessionEnd>;
  return typeof endedFor === "string" ? endedFor : null;
}

/**
 * A record of what the server has granted. Clocks differ, so what counts is how long the token
 * lives, from now on: `expiresAt` and `at` are both by the server's clock.
 *
 * @throws {Refusal} Something is missing in it.
 */
export function recordOf(granted: AuthFieldsFragment, at: number): SessionRecord {
  const { viewer, accessToken, refreshToken, expiresAt } = granted;
  if (!viewer || !accessToken || !refreshToken || !expiresAt) {
    throw new Refusal("INTERNAL_SERVER_ERROR", "The server has granted half a session.");
  }
  const { id, username, displayName } = viewer;
  const life = Math.max(0, Date.parse(expiresAt) - at);
  const renewAt = Date.now() + life - Math.min(life / 10, RENEWED_AHEAD_MAX);
  return { viewer: { id, username, displayName }, accessToken, refreshToken, renewAt };
}

const RENEWED_AHEAD_MAX = 60_000;

/** It stands in place of the record, until somebody signs in. */
interface SessionEnd {
  endedFor: string;
}

function parsed(storage: Storage): unknown {
  try {
    return JSON.parse(storage.getItem(RECORD_KEY) ?? "null");
  } catch {
    return null;
  }
}

function isRecord(found: unknown): found is SessionRecord {
  const { viewer, accessToken, refreshToken, renewAt } = (found ?? {}) as Partial<SessionRecord>;
  return (
    [viewer?.id, viewer?.username, viewer?.displayName, accessToken, refreshToken].every(
      (each) => typeof each === "string",
    ) && typeof renewAt === "number"
  );
}
