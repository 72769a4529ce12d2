/** One request to the server, and in one way why it was not answered. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { stringifyDocument } from "@urql/core";

import { Refusal, UNREACHABLE } from "../device/refusals";
import { hashOf, persistedBy } from "./documents";

export interface Server {
  url: string;
  /** Whether it was told all documents beforehand, so that their hashes suffice. */
  knowsDocuments: boolean;
}

export interface Answer<Data> {
  data: Data;
  /** When it was given at the latest, by the server's clock, in milliseconds. */
  at: number;
}

export interface PostOptions extends Pick<RequestInit, "headers" | "keepalive" | "signal"> {
  fetch?: typeof fetch;
}

/** An error as GraphQL over HTTP has it. */
export interface GraphError {
  message: string;
  extensions?: { code?: unknown; retryAfter?: unknown; requestId?: unknown } | undefined;
}

interface Result<Data> {
  data?: Data | null;
  errors?: readonly GraphError[];
}

/** The server that this page came from. */
export function ownServer(): Server {
  return {
    url: new URL("/graphql", location.href).href,
    knowsDocuments: import.meta.env.PROD,
  };
}

/**
 * Runs a query or a mutation past every cache.
 *
 * @throws {Refusal} What the server would not do, or UNREACHABLE.
 */
export async function post<Data, Variables>(
  server: Server,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  options: PostOptions = {},
): Promise<Answer<Data>> {
  const whole = { query: stringifyDocument(document), variables };
  const hash = server.knowsDocuments ? hashOf(document) : undefined;
  if (!hash) return send<Data>(server, whole, options);
  try {
    return await send<Data>(server, { variables, extensions: persistedBy(hash) }, options);
  } catch (error) {
    if (error instanceof Refusal && error.code === NOT_FOUND_BY_HASH) {
      return send<Data>(server, whole, options);
    }
    throw error;
  }
}

/** @returns What a person is told of errors, of which the first counts. */
export function refusalOf([first = NOTHING]: readonly GraphError[], cause?: unknown): Refusal {
  const { code, retryAfter, requestId } = first.extensions ?? {};
  return new Refusal(typeof code === "string" ? code : OUR_FAULT, first.message, {
    retryAfter: typeof retryAfter === "number" ? retryAfter : undefined,
    requestId: typeof requestId === "string" ? requestId : undefined,
    cause,
  });
}

export function unreachable(cause: unknown): Refusal {
  return new Refusal(UNREACHABLE, "The server cannot be reached.", { cause });
}

const NOT_FOUND_BY_HASH = "PERSISTED_QUERY_NOT_FOUND";
const OUR_FAULT = "INTERNAL_SERVER_ERROR";
const NOTHING: GraphError = { message: "The answer is empty." };

async function send<Data>(
  server: Server,
  body: object,
  { fetch: fetching = fetch, headers, ...options }: PostOptions,
): Promise<Answer<Data>> {
  const [result, at] = await answered<Data>(async () => {
    const sent = new Headers(headers);
    sent.set("Accept", "application/graphql-response+json, application/json");
    sent.set("Content-Type", "application/json");
    const text = JSON.stringify(body);
    return fetching(server.url, { ...options, method: "POST", headers: sent, body: text });
  });
  if (result.errors?.length || !result.data) throw refusalOf(result.errors ?? []);
  return { data: result.data, at };
}

async function answered<Data>(ask: () => Promise<Response>): Promise<[Result<Data>, number]> {
  try {
    const response = await ask();
    const result = (await response.json()) as Result<Data>;
    return [result, latest(response.headers.get("Date"))];
  } catch (error) {
    throw error instanceof Refusal ? error : unreachable(error);
  }
}

/** The header has whole seconds. */
function latest(date: string | null): number {
  const at = Date.parse(date ?? "");
  return Number.isNaN(at) ? Date.now() : at + 999;
}
