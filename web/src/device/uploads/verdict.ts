/** What comes of a step that failed. */

import { Refusal, UNREACHABLE } from "../refusals";
import type { Change, KeptUpload, Stage } from "./kept";

/**
 * - wait: the same step again, after `seconds` at least
 * - anew: the bytes are not there, or no longer; they are sent again
 * - refused: trying again does not help
 * - over: its post was deleted meanwhile
 */
export type Verdict =
  | { comes: "wait"; seconds: number; change?: undefined }
  | { comes: "anew"; seconds: 0; change: Change }
  | { comes: "refused"; change: Change }
  | { comes: "over" };

/** Those that pass by themselves, some with the next version of the page. */
const PASSING = new Set([
  UNREACHABLE,
  ...["RATE_LIMITED", "LIMIT_REACHED", "TOO_MANY_UPLOADS", "TOO_MANY_OPERATIONS"],
  ...["REQUEST_TIMEOUT", "UPLOAD_CONFLICT", "CHECKSUM_MISMATCH", "UNAUTHENTICATED"],
  ...["DEADLINE_EXCEEDED", "INTERNAL_SERVER_ERROR", "BAD_GATEWAY", "SERVICE_UNAVAILABLE"],
  ...["GATEWAY_TIMEOUT", "TRUSTED_DOCUMENTS_ONLY", "PERSISTED_QUERY_NOT_FOUND"],
]);

export function verdictOn(error: unknown, { stage }: KeptUpload): Verdict {
  // A fault of the device, or of ours: nothing is lost as long as it is tried again.
  if (!(error instanceof Refusal)) return { comes: "wait", seconds: 0 };
  if (passes(error)) return { comes: "wait", seconds: error.retryAfter ?? 0 };
  switch (error.code) {
    case "UPLOAD_NOT_FOUND":
      return { comes: "anew", seconds: 0, change: { stage: { at: "resumable", address: null } } };
    case "IDEMPOTENCY_CONFLICT":
      return { comes: "anew", seconds: 0, change: { idempotencyKey: crypto.randomUUID() } };
    case "NOT_FOUND":
      return { comes: "over" };
    default:
      return { comes: "refused", change: { stage: refusedBy(error, stage.at === "posted") } };
  }
}

function passes({ code, path }: Refusal): boolean {
  // If it is not the post that is not there, it is a server; no photo is lost for that.
  return PASSING.has(code) || (code === "NOT_FOUND" && !path.includes("idempotencyKey"));
}

/** A refusal that outlives the page. */
export function refusedBy({ code, message, path }: Refusal, isPosted: boolean): Stage {
  return { at: "refused", code, message, path, isPosted };
}
