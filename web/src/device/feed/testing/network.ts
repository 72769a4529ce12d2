/** For tests: a connection to the model server that takes its time, and breaks when it is told to. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

import type {
  FeedPageQueryVariables,
  FeedUpdatesSubscriptionVariables,
} from "../../../gql/graphql";
import type { Graph } from "../../graph";
import { Refusal, UNREACHABLE } from "../../refusals";
import type { ModelServer } from "./server";

export class ModelNetwork implements Graph {
  isUp = true;
  readonly #server: ModelServer;
  /** Milliseconds of the next leg. */
  readonly #delayMs: () => number;
  #cutting = new AbortController();

  constructor(server: ModelServer, delayMs: () => number) {
    this.#server = server;
    this.#delayMs = delayMs;
  }

  /** Ends all that is under way. */
  cut(): void {
    this.#cutting.abort();
    this.#cutting = new AbortController();
  }

  async ask<Data, Variables>(
    _: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    options: { signal?: AbortSignal } = {},
  ): Promise<Data> {
    const cut = this.#cutting.signal;
    await this.#leg(cut, options.signal);
    const { first, after } = variables as FeedPageQueryVariables;
    const feed = this.#server.page(first, after ?? null);
    await this.#leg(cut, options.signal);
    return { __typename: "Query", feed } as Data;
  }

  async *listen<Data, Variables>(
    _: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    options: { signal: AbortSignal; onOpen?: () => void },
  ): AsyncIterable<Data> {
    const cut = this.#cutting.signal;
    const { signal } = options;
    await this.#leg(cut, signal);
    options.onOpen?.();
    let { after } = variables as FeedUpdatesSubscriptionVariables;
    while (!signal.aborted) {
      const update = this.#server.next(after);
      if (!update) {
        await this.#something(cut, signal);
        continue;
      }
      await this.#leg(cut, signal);
      after = update.cursor;
      yield { __typename: "Subscription", feedUpdates: update } as Data;
    }
  }

  #leg(cut: AbortSignal, signal?: AbortSignal): Promise<void> {
    return this.#until(
      (done) => {
        const timer = setTimeout(done, this.#delayMs());
        return () => {
          clearTimeout(timer);
        };
      },
      [cut, ...(signal ? [signal] : [])],
    );
  }

  #something(cut: AbortSignal, signal: AbortSignal): Promise<void> {
    return this.#until((done) => this.#server.watch(done), [cut, signal]);
  }

  #until(begin: (done: () => void) => () => void, signals: AbortSignal[]): Promise<void> {
    const ended = AbortSignal.any(signals);
    return new Promise((resolve, reject) => {
      const refuse = (): void => {
        end();
        reject(new Refusal(UNREACHABLE, "The network is down"));
      };
      const end = begin(() => {
        end();
        ended.removeEventListener("abort", refuse);
        if (this.isUp) resolve();
        else refuse();
      });
      if (ended.aborted) refuse();
      else ended.addEventListener("abort", refuse);
    });
  }
}
