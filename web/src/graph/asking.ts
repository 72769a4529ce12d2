/** The device's port to the GraphQL client: answers as they are, and refusals of one kind. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import {
  createRequest,
  type AnyVariables,
  type Client,
  type CombinedError,
  type OperationResult,
} from "@urql/core";
import {
  filter,
  make,
  pipe,
  take,
  takeUntil,
  toAsyncIterable,
  toPromise,
  type Source,
} from "wonka";

import type { Graph } from "../device/graph";
import { Refusal } from "../device/refusals";
import { SESSION_OVER, type Socket } from "./socket";
import { refusalOf, unreachable } from "./transport";

export interface AskingOptions {
  client: Client;
  socket: Pick<Socket, "whenOpen">;
  /** Called when the server has ended a socket because of its token. */
  renew: () => Promise<void>;
}

export function createGraph({ client, socket, renew }: AskingOptions): Graph {
  return {
    async ask(document, variables, { signal } = {}) {
      signal?.throwIfAborted();
      const result = await once(results(client, document, variables), signal);
      return dataOf(result);
    },
    async *listen(document, variables, { signal, onOpen }) {
      if (signal.aborted) return;
      const stopWaiting = onOpen && socket.whenOpen(onOpen);
      try {
        yield* heard(client, document, variables, signal);
      } catch (error) {
        if (isSessionOver(error)) await renew();
        throw error;
      } finally {
        stopWaiting?.();
      }
    },
  };
}

async function* heard<Data, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  signal: AbortSignal,
): AsyncIterable<Data> {
  const listening = results(client, document, variables);
  for await (const result of toAsyncIterable(pipe(listening, takeUntil(abortOf(signal))))) {
    // When the server has completed it, the last one is told once more.
    if (result.error ?? result.hasNext) yield dataOf(result);
  }
}

function results<Data, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Source<OperationResult<Data>> {
  // The client's types ask for an index signature, which interfaces do not have.
  const request = createRequest(document, variables as AnyVariables);
  const kind = kindOf(document);
  if (kind === "query")
    return client.executeQuery<Data>(request, { requestPolicy: "network-only" });
  return kind === "mutation"
    ? client.executeMutation<Data>(request)
    : client.executeSubscription<Data>(request);
}

function once<Value extends OperationResult>(
  source: Source<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  const settled = pipe(
    source,
    filter(({ stale, hasNext }) => !stale && !hasNext),
  );
  if (!signal) return pipe(settled, take(1), toPromise);
  return Promise.race([
    pipe(settled, takeUntil(abortOf(signal)), take(1), toPromise),
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    }),
  ]);
}

function abortOf(signal: AbortSignal): Source<true> {
  return make((observer) => {
    const tell = () => {
      observer.next(true);
    };
    signal.addEventListener("abort", tell);
    return () => {
      signal.removeEventListener("abort", tell);
    };
  });
}

function dataOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (error) throw refused(error);
  if (!data) throw refusalOf([]);
  return data;
}

/** @returns What a client's error is to the rest of the app. */
export function refused({ networkError, graphQLErrors }: CombinedError): Refusal {
  if (!networkError) return refusalOf(graphQLErrors);
  return networkError instanceof Refusal ? networkError : unreachable(networkError);
}

function isSessionOver(error: unknown): boolean {
  const { cause } = error as Refusal;
  return (cause as Partial<CloseEvent> | undefined)?.code === SESSION_OVER;
}

function kindOf({ definitions }: Pick<TypedDocumentNode, "definitions">): string {
  const found = definitions.find((each) => each.kind === "OperationDefinition");
  return found?.operation ?? "query";
}
