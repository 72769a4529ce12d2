/** Asking through the client, of a server that has the schema of the real one. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { UNREACHABLE } from "../device/refusals";
import {
  DeletePostDocument,
  FeedPageDocument,
  PostByIdDocument,
  ProfileDocument,
  type FeedPageQuery,
  type PostFieldsFragment,
} from "../gql/graphql";
import type { Session } from "../session/model";
import { createSession } from "../session/session";
import { createClient, type ViewerClient } from "./client";
import { idOf } from "./testing/accounts";
import { Device, until, type Tab } from "./testing/device";
import { refusal, TestServer } from "./testing/server";

let server: TestServer;
let tab: Tab;
let session: Session;
let removed: PostFieldsFragment[];
let opened: ViewerClient[];

beforeEach(async () => {
  server = await new TestServer().start();
  tab = new Device().openTab(server);
  session = createSession(tab);
  await session.logIn({ username: "ada", password: "a long password" });
  server.asked.length = 0;
  removed = [];
  opened = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(opened.map(({ forget }) => forget()));
  await server.stop();
});

function open({ hashes = false } = {}): ViewerClient {
  const client = createClient({
    session,
    viewerId: idOf("ada"),
    keeps: () => Promise.resolve([]),
    onRemoved: (post) => removed.push(post),
    surroundings: { ...tab, server: { url: server.url, knowsDocuments: hashes } },
  });
  opened.push(client);
  return client;
}

/** Shows a post as a page does, and hears whatever changes. */
function show({ client }: ViewerClient, id: string) {
  const shown: unknown[] = [];
  client.query(PostByIdDocument, { id }).subscribe(({ data, error }) => {
    shown.push(error ? error.message : (data?.post?.description ?? null));
  });
  return shown;
}

it("finds a post of a page by its id without asking again", async () => {
  const { graph, client } = open();
  await graph.ask(FeedPageDocument, { first: 10 });
  const { data } = await client.query(PostByIdDocument, { id: "post-95" });
  expect(data?.post?.image?.variants).toHaveLength(1);
  expect(server.asked).toHaveLength(1);
});

it("finds an account of which only a post is known by its name, in any case", async () => {
  const { graph, client } = open();
  await graph.ask(ProfileDocument, { username: "Author95" });
  const { data } = await client.query(ProfileDocument, { username: "AUTHOR95" });
  expect(data?.user?.id).toBe(idOf("Author95"));
  expect(server.asked).toHaveLength(1);
});

it("lets go of posts that were scrolled past long ago, but not of the first", async () => {
  vi.stubEnv("NODE_ENV", "development"); // Else the cache never lets go of anything.
  const { graph, client } = open();
  let after: string | null = null;
  for (let count = 0; count < 45; count += 1) {
    const page: FeedPageQuery = await graph.ask(FeedPageDocument, { first: 2, after });
    after = page.feed.pageInfo.endCursor;
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  const known = (number: number) =>
    client.readQuery(PostByIdDocument, { id: `post-${number}` }, { requestPolicy: "cache-only" })
      ?.data?.post?.description;
  expect([99, 97, 20].map(known)).toEqual(["Photo 99", undefined, "Photo 20"]);
  expect((await client.query(PostByIdDocument, { id: "post-97" })).data?.post?.id).toBe("post-97");
});

it("asks the server for what it does not know", async () => {
  const { client } = open();
  const { data } = await client.query(PostByIdDocument, { id: "post-1" });
  expect(data?.post?.description).toBe("Photo 1");
  expect((await client.query(PostByIdDocument, { id: "nothing" })).data?.post).toBeNull();
});

it("takes a post that was deleted off the page that shows it, and tells what it was", async () => {
  const opening = open();
  await opening.graph.ask(FeedPageDocument, { first: 10 });
  const shown = show(opening, "post-95");
  await until(() => shown.length > 0);
  await opening.graph.ask(DeletePostDocument, { input: { postId: "post-95" } });
  await until(() => shown.length > 1);
  expect(shown).toEqual(["Photo 95", null]);
  expect(removed.map(({ image }) => image?.url)).toEqual(["https://cdn.test/95/320.webp"]);
  expect(server.asked).toHaveLength(2);
});

it("renews a token that has expired, once, and answers as if nothing had happened", async () => {
  const { graph } = open();
  server.accounts.expire();
  const ask = (first: number) => graph.ask(FeedPageDocument, { first });
  const pages = await Promise.all([ask(1), ask(2), ask(3)]);
  expect(pages.map(({ feed }) => feed.edges.length)).toEqual([1, 2, 3]);
  expect(server.accounts.trades).toBe(1);
});

it("asks for nothing in the name of somebody who came after", async () => {
  const { graph } = open();
  await session.logIn({ username: "bob", password: "a long password" });
  server.asked.length = 0;
  await expect(graph.ask(FeedPageDocument, { first: 1 })).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
  expect(server.asked).toHaveLength(0);
});

it("waits a moment where it is too much at once, and says so where that is long", async () => {
  const { graph } = open();
  server.refusals.push(refusal("RATE_LIMITED", { retryAfter: 0.01 }));
  const page = await graph.ask(FeedPageDocument, { first: 1 });
  expect(page.feed.edges).toHaveLength(1);
  server.refusals.push(refusal("RATE_LIMITED", { retryAfter: 60 }));
  await expect(graph.ask(FeedPageDocument, { first: 1 })).rejects.toMatchObject({
    code: "RATE_LIMITED",
    retryAfter: 60,
  });
});

it("tells why it was not answered", async () => {
  const { graph } = open();
  server.refusals.push(refusal("INTERNAL_SERVER_ERROR", { requestId: "request-1" }));
  await expect(graph.ask(FeedPageDocument, { first: 1 })).rejects.toMatchObject({
    code: "INTERNAL_SERVER_ERROR",
    requestId: "request-1",
  });
  await server.stop();
  await expect(graph.ask(FeedPageDocument, { first: 1 })).rejects.toMatchObject({
    code: UNREACHABLE,
  });
  server = await new TestServer().start();
});

it("gives up asking when it is told to", async () => {
  const { graph } = open();
  const { signal, abort } = stoppable();
  const asking = graph.ask(FeedPageDocument, { first: 1 }, { signal });
  abort();
  await expect(asking).rejects.toMatchObject({ name: "AbortError" });
});

it("names documents by their hash, and sends them where the hash is not known", async () => {
  const { graph } = open({ hashes: true });
  await graph.ask(FeedPageDocument, { first: 1 });
  server.isManifestThere = false;
  await graph.ask(FeedPageDocument, { first: 2 });
  await graph.ask(DeletePostDocument, { input: { postId: "post-1" } });
  expect(server.asked.map(({ query }) => query !== undefined)).toEqual([
    ...[false, false, true],
    ...[false, true],
  ]);
});

function stoppable() {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  return { signal: controller.signal, abort };
}
