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
  try {
    const found: unknown = JSON.parse(storage.getItem(RECORD_KEY) ?? "null");
    return isRecord(found) ? found : null;
  } catch {
    return null;
  }
}

export function writeRecord(storage: Storage, record: SessionRecord | null): void {
  if (record) storage.setItem(RECORD_KEY, JSON.stringify(record));
  else storage.removeItem(RECORD_KEY);
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

function isRecord(found: unknown): found is SessionRecord {
  const { viewer, accessToken, refreshToken, renewAt } = (found ?? {}) as Partial<SessionRecord>;
  return (
    [viewer?.id, viewer?.username, viewer?.displayName, accessToken, refreshToken].every(
      (each) => typeof each === "string",
    ) && typeof renewAt === "number"
  );
}
