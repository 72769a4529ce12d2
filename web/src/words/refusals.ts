/** Refusals in words that a person understands: what happened, and what to do next. */

import {
  PHOTO_FAILED,
  STORAGE_FULL,
  UNREACHABLE,
  UNREADABLE_PHOTO,
  type Refusal,
} from "../device/refusals";
import type { UserErrorCode } from "../gql/graphql";
import { waitInWords } from "./times";

export interface Words {
  what: string;
  /** Empty where it goes without saying. */
  next: string;
}

export function wordsFor(refusal: Refusal): Words {
  const words = WORDS.get(refusal.code);
  return words ? words(refusal) : somethingWrong(refusal);
}

/** Both in one, for where there is room for a line: beside a field, in a list. */
export function sentenceFor(refusal: Refusal): string {
  const { what, next } = wordsFor(refusal);
  return next ? `${what} ${next}` : what;
}

/** Whether there are words for a code that are not those for everything else. */
export function hasWords(code: string): boolean {
  return WORDS.has(code);
}

type Saying = (refusal: Refusal) => Words;

function says(what: string, next = ""): Saying {
  return () => ({ what, next });
}

const USER_ERRORS: Record<UserErrorCode, Saying> = {
  USERNAME_TAKEN: says("Somebody has this username already.", "Please choose another."),
  INVALID_USERNAME: says(
    "A username has 3 to 30 letters, digits or underscores, and nothing else.",
    "Please change it.",
  ),
  INVALID_PASSWORD: says("A password has 8 to 128 characters.", "Please choose another."),
  INVALID_CREDENTIALS: ({ path }) =>
    path.includes("password")
      ? { what: "The password is not right.", next: "Please try again." }
      : {
          what: "The username or the password is not right.",
          next: "Please check them, and try again.",
        },
  INVALID_TOKEN: says("You are no longer signed in here.", "Please sign in again."),
  INVALID_IMAGE: says("This file is damaged, or is no photo.", "Please choose another."),
  IMAGE_TOO_LARGE: says("This photo is too large.", "Please choose a smaller one."),
  UNSUPPORTED_FORMAT: says(
    "This kind of file cannot be shown.",
    "Please choose a photo that is JPEG, PNG, WebP, AVIF or HEIC.",
  ),
  INVALID_DESCRIPTION: ({ path }) =>
    path.includes("altText")
      ? {
          what: "The alternative text is missing, or is too long.",
          next: "Please say in at most 1,000 characters what is to be seen.",
        }
      : {
          what: "The description is too long.",
          next: "Please shorten it to 2,200 characters.",
        },
  UPLOAD_NOT_FOUND: says("The photo did not arrive as a whole.", "Please send it again."),
  IDEMPOTENCY_CONFLICT: says(
    "This photo was sent before, with another text.",
    "Please discard it here, and look at your profile.",
  ),
  NOT_FOUND: says("This is not there any more.", "It may have been deleted."),
  FORBIDDEN: says("This is somebody else's.", "Only they can change it."),
  CANNOT_FOLLOW_SELF: says("This is you.", "Nobody follows themselves."),
  LIMIT_REACHED: says(
    "There is a limit to how many, and you have reached it.",
    "Please wait a little, or make room first.",
  ),
};

const TAKES_TOO_LONG = says(
  "This took too long.",
  "Please look whether it was done, and try again if not.",
);
const TOO_MUCH_AT_ONCE = says("That was too much at once.", "Please try again in a moment.");
const NEW_VERSION = says(
  "This page is from an earlier version of Photofeed.",
  "Please load it again.",
);

/** Those that a person can meet; what is left are faults of the app's own, see `somethingWrong`. */
const ERRORS: Record<string, Saying> = {
  UNAUTHENTICATED: says("You are no longer signed in here.", "Please sign in again."),
  RATE_LIMITED: ({ retryAfter }) => ({
    what: "That was a lot in a short time.",
    next: retryAfter
      ? `You can try again ${waitInWords(retryAfter)}.`
      : "Please wait a minute, and try again.",
  }),
  TOO_MANY_OPERATIONS: TOO_MUCH_AT_ONCE,
  OPERATION_TOO_COMPLEX: TOO_MUCH_AT_ONCE,
  TOO_MANY_UPLOADS: says(
    "Too many of your photos are on their way at once.",
    "Please wait until some have arrived, and try again.",
  ),
  PAYLOAD_TOO_LARGE: says("This is too large to be sent.", "Please choose something smaller."),
  UPLOAD_CONFLICT: says("The photo did not arrive as a whole.", "Please try again."),
  CHECKSUM_MISMATCH: says("The photo was damaged on its way.", "Please try again."),
  REQUEST_TIMEOUT: says("The connection is too slow just now.", "Please try again."),
  DEADLINE_EXCEEDED: TAKES_TOO_LONG,
  GATEWAY_TIMEOUT: TAKES_TOO_LONG,
  BAD_GATEWAY: says("Photofeed cannot be reached just now.", "Please try again in a minute."),
  SERVICE_UNAVAILABLE: says("A lot is going on just now.", "Please try again in a minute."),
  INTERNAL_SERVER_ERROR: somethingWrong,
  GRAPHQL_VALIDATION_FAILED: NEW_VERSION,
  PERSISTED_QUERY_NOT_FOUND: NEW_VERSION,
  PERSISTED_QUERY_NOT_SUPPORTED: NEW_VERSION,
  TRUSTED_DOCUMENTS_ONLY: NEW_VERSION,
  [UNREACHABLE]: says(
    "Photofeed cannot be reached.",
    "Please look whether you are online, and try again.",
  ),
  [UNREADABLE_PHOTO]: says(
    "Your browser cannot open this photo.",
    "Please choose another, or send the original.",
  ),
  [PHOTO_FAILED]: ({ message }) => ({
    what: message || "The photo could not be shown.",
    next: "Please try again, or choose another.",
  }),
  [STORAGE_FULL]: says(
    "There is no room left on this device.",
    "Please free some space, and try again.",
  ),
};

const WORDS: ReadonlyMap<string, Saying> = new Map(Object.entries({ ...ERRORS, ...USER_ERRORS }));

/** For our own faults, and for codes that are newer than this page. */
function somethingWrong({ requestId }: Refusal): Words {
  return {
    what: "Something went wrong, and it is our fault.",
    next: requestId
      ? `Please try again later. If it stays like this, tell us this number: ${requestId}`
      : "Please try again later.",
  };
}
