/** Why something was not done: one type for all refusals, told apart by a stable code. */

/** Codes of the device's own; all others are the server's, `UserErrorCode` or `extensions.code`. */
export const UNREACHABLE = "UNREACHABLE";
export const UNREADABLE_PHOTO = "UNREADABLE_PHOTO";
export const STORAGE_FULL = "STORAGE_FULL";
/** A post that is FAILED; its `failure` is the message. */
export const PHOTO_FAILED = "PHOTO_FAILED";

export interface RefusalDetails {
  /** The field of the input at fault: `["username"]`. */
  path?: readonly string[] | undefined;
  /** Seconds after which to try again. */
  retryAfter?: number | undefined;
  /** By which the server's logs know the request. */
  requestId?: string | undefined;
  cause?: unknown;
}

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;
  readonly path: readonly string[];
  readonly retryAfter: number | null;
  readonly requestId: string | null;

  constructor(code: string, message: string, details: RefusalDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.path = details.path ?? [];
    this.retryAfter = details.retryAfter ?? null;
    this.requestId = details.requestId ?? null;
  }
}

interface UserError {
  code: string;
  message: string;
  path: readonly string[] | null;
}

/** @throws {Refusal} The first of a payload's errors, if it has any. */
export function throwFirst(errors: readonly UserError[]): void {
  const [first] = errors;
  if (first) throw new Refusal(first.code, first.message, { path: first.path ?? undefined });
}
