/** Requests of one viewer: with a token that is good, and no more than the server takes. */

import { Refusal } from "../device/refusals";
import type { Session } from "../session/model";
import { refusalOf, type GraphError } from "./transport";

export type Authorizing = Pick<Session, "authorization" | "renew">;

/**
 * A session as long as it is a certain viewer's (null: nobody's). Whatever is left of another
 * viewer's page asks for nothing in the name of who came after.
 */
export function authorizingOnly(session: Session, viewerId: string | null): Authorizing {
  return {
    renew: () => session.renew(),
    authorization: async () => {
      const headers = await session.authorization();
      if ((session.getSnapshot()?.id ?? null) === viewerId) return headers;
      throw new Refusal(UNAUTHENTICATED, "Somebody else is signed in now, or nobody.");
    },
  };
}

/** fetch with the access token: once more if that has expired, and after a short wait if it is told to. */
export function authorizedFetch(authorizing: Authorizing): typeof fetch {
  return async (address, options) => {
    const sent = await authorizing.authorization();
    const first = await fetchRead(address, options, sent);
    if (!(await mayAskAgain(first.refusal, sent, authorizing, options?.signal))) {
      return first.response;
    }
    const again = await fetchRead(address, options, await authorizing.authorization());
    return again.response;
  };
}

const UNAUTHENTICATED = "UNAUTHENTICATED";
const WAIT_MAX_SECONDS = 5;

interface Read {
  response: Response;
  refusal: Refusal | null;
}

async function fetchRead(
  address: RequestInfo | URL,
  options: RequestInit | undefined,
  authorization: Record<string, string>,
): Promise<Read> {
  const headers = new Headers(options?.headers);
  for (const [name, value] of Object.entries(authorization)) headers.set(name, value);
  const response = await fetch(address, { ...options, headers });
  const text = await response.text();
  const { status, statusText, headers: answered } = response;
  return {
    response: new Response(text, { status, statusText, headers: answered }),
    refusal: refusalIn(text),
  };
}

function refusalIn(text: string): Refusal | null {
  if (!text.includes(`"${UNAUTHENTICATED}"`) && !text.includes('"RATE_LIMITED"')) return null;
  const { errors } = JSON.parse(text) as { errors?: readonly GraphError[] };
  return errors?.length ? refusalOf(errors) : null;
}

async function mayAskAgain(
  refusal: Refusal | null,
  sent: Record<string, string>,
  authorizing: Authorizing,
  signal: AbortSignal | null | undefined,
): Promise<boolean> {
  if (refusal?.code === UNAUTHENTICATED) return isRenewed(sent, authorizing);
  const seconds = refusal?.retryAfter ?? Infinity;
  if (seconds > WAIT_MAX_SECONDS) return false;
  await waited(seconds * 1000, signal);
  return true;
}

/** Renews the token that was sent, unless there is another by now. */
async function isRenewed(sent: Record<string, string>, authorizing: Authorizing): Promise<boolean> {
  const { Authorization: bad } = sent;
  if (!bad) return false;
  const { Authorization: current } = await authorizing.authorization();
  if (current === bad) await authorizing.renew();
  return true;
}

function waited(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
