/** What the device asks of whichever GraphQL client the page has. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

export interface Graph {
  /**
   * Runs a query or a mutation on the server, whatever is cached; the answer goes into the cache.
   *
   * @throws {Refusal} What the server would not do, or why it could not be asked.
   */
  ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    options?: { signal?: AbortSignal },
  ): Promise<Data>;

  /**
   * Listens to a subscription until its connection ends, whoever ends it. It does not come back by
   * itself: only who listens knows the moment to go on from.
   *
   * @throws {Refusal} Why it ended, unless the server completed it or `signal` was aborted.
   */
  listen<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    options: { signal: AbortSignal; onOpen?: () => void },
  ): AsyncIterable<Data>;
}
