/** A small server with the schema of the real one, on a free port: HTTP, WebSocket, hashes. */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { buildSchema, execute, graphql, GraphQLError, subscribe, validate } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

import { Accounts } from "./accounts";
import { Channel } from "./channel";
import { Follows } from "./follows";
import { account, page, photo } from "./photos";

const SCHEMA = new URL("../../../../schema/schema.graphql", import.meta.url);
const MANIFEST = new URL("../../gql/persisted-documents.json", import.meta.url);

export interface Asked {
  query?: string;
  variables?: Record<string, unknown>;
  extensions?: { persistedQuery?: { sha256Hash: string } };
  authorization?: string | undefined;
}

interface Refused {
  errors: readonly { message: string; extensions: Record<string, unknown> }[];
}

export class TestServer {
  readonly accounts = new Accounts();
  readonly follows = new Follows();
  /** Every request that came by HTTP. */
  readonly asked: Asked[] = [];
  /** What `subscribe` messages named. */
  readonly listened: Asked[] = [];
  posts = Array.from({ length: 100 }, (_, number) => photo(number)).reverse();
  updates = new Channel();
  /** What the next requests get, instead of an answer. */
  readonly refusals: Refused[] = [];
  /** How many of the next answers are lost on their way. */
  lost = 0;
  isManifestThere = true;
  url = "";
  readonly #schema = buildSchema(readFileSync(SCHEMA, "utf8"));
  readonly #http = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#http });

  async start(): Promise<this> {
    useServer(
      {
        // Those of one copy of the library: there is one for modules, and one for others.
        ...{ schema: this.#schema, execute, subscribe, validate: validateKnown },
        onConnect: ({ connectionParams, extra }) => {
          const { Authorization } = (connectionParams ?? {}) as Record<string, string>;
          if (this.accounts.usernameOf(Authorization) === undefined) extra.socket.close(4403);
          return true;
        },
        onSubscribe: (_, _id, payload) => {
          this.listened.push({ ...(payload as Asked) });
          Object.assign(payload, { query: this.#textOf(payload as Asked) ?? UNKNOWN });
          return undefined;
        },
        roots: { subscription: { feedUpdates: () => this.updates.listen() } },
      },
      this.#sockets,
    );
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/graphql`;
    return this;
  }

  /** Closes all sockets as the server does when their session is over. */
  endSockets(code: number): void {
    for (const socket of this.#sockets.clients) socket.close(code);
  }

  get sockets(): number {
    return this.#sockets.clients.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
    const { authorization } = request.headers;
    this.asked.push({ ...asked, authorization });
    response.setHeader("Date", new Date(this.accounts.now()).toUTCString());
    response.setHeader("Content-Type", "application/graphql-response+json; charset=utf-8");
    const answer = this.refusals.shift() ?? (await this.#run(asked, authorization));
    if (this.lost === 0) response.end(JSON.stringify(answer));
    else request.socket.destroy();
    this.lost = Math.max(0, this.lost - 1);
  }

  async #run(asked: Asked, authorization: string | undefined) {
    const source = this.#textOf(asked);
    if (source === undefined) return unknownHash();
    const isOpen = /\b(signUp|logIn|refreshSession)\(/.test(source);
    const username = this.accounts.usernameOf(authorization);
    if (authorization && !username && !isOpen) return refusal("UNAUTHENTICATED");
    const rootValue = this.#root(username, authorization);
    const variableValues = asked.variables ?? {};
    return graphql({ schema: this.#schema, source, rootValue, variableValues });
  }

  #textOf({ query, extensions }: Asked): string | undefined {
    const hash = extensions?.persistedQuery?.sha256Hash;
    if (!query) return this.#manifest()[`sha256:${hash ?? ""}`];
    if (hash) throw new Error("Nobody can tell whether that is the text of the hash.");
    return query;
  }

  #manifest(): Record<string, string> {
    if (!this.isManifestThere) return {};
    return JSON.parse(readFileSync(MANIFEST, "utf8")) as Record<string, string>;
  }

  #root(username: string | undefined, authorization: string | undefined) {
    const { accounts, follows } = this;
    return {
      signUp: ({ input }: Input) => accounts.signUp(input.username, "Ada"),
      logIn: ({ input }: Input) => accounts.logIn(input.username, input.password),
      refreshSession: ({ input }: Input) => accounts.refresh(input.refreshToken),
      logOut: () => {
        accounts.logOut(authorization);
        return { errors: [] };
      },
      deleteAccount: ({ input }: Input) => accounts.deleteAccount(username ?? "", input.password),
      deletePost: ({ input }: Input) => {
        this.posts = this.posts.filter(({ id }) => id !== input.postId);
        return { postId: input.postId, errors: [] };
      },
      follow: ({ input }: Input) => follows.change(username ?? "", input.userId, true),
      unfollow: ({ input }: Input) => follows.change(username ?? "", input.userId, false),
      viewer: username ? account(username) : null,
      user: (args: { username: string }) => follows.user(args.username, username),
      post: ({ id }: { id: string }) => this.posts.find((post) => post.id === id) ?? null,
      feed: ({ first, after }: { first: number; after?: string }) => {
        const begin = after ? this.posts.findIndex(({ id }) => id === after) + 1 : 0;
        return page(this.posts.slice(begin, begin + first));
      },
    };
  }
}

interface Input {
  input: {
    username: string;
    password: string;
    refreshToken: string;
    postId: string;
    userId: string;
  };
}

export function refusal(code: string, details: Record<string, unknown> = {}): Refused {
  return { errors: [{ message: "It cannot be.", extensions: { code, ...details } }] };
}

function unknownHash() {
  const extensions = { code: "PERSISTED_QUERY_NOT_FOUND" };
  return { errors: [new GraphQLError("PersistedQueryNotFound", { extensions })] };
}

/** Stands for a document that is not there, since a refusal can only be told of one that is. */
const UNKNOWN = "subscription Unknown { feedUpdates { __typename } }";

const validateKnown: typeof validate = (schema, document) =>
  document.loc?.source.body === UNKNOWN ? unknownHash().errors : validate(schema, document);
