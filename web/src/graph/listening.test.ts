/** What is heard over the socket, and what happens when it ends. */

import { afterEach, beforeEach, expect, it } from "vitest";

import { UNREACHABLE } from "../device/refusals";
import { FeedUpdatesDocument, PostByIdDocument } from "../gql/graphql";
import type { Session } from "../session/model";
import { createSession } from "../session/session";
import { createClient, type ViewerClient } from "./client";
import { idOf } from "./testing/accounts";
import { Device, until, type Tab } from "./testing/device";
import { photo } from "./testing/photos";
import { TestServer } from "./testing/server";

let server: TestServer;
let tab: Tab;
let session: Session;
let client: ViewerClient;

beforeEach(async () => {
  server = await new TestServer().start();
  tab = new Device().openTab(server);
  session = createSession(tab);
  await session.logIn({ username: "ada", password: "a long password" });
  client = open();
});
afterEach(async () => {
  await client.forget();
  await server.stop();
});

function open({ hashes = false } = {}): ViewerClient {
  return createClient({
    session,
    viewerId: idOf("ada"),
    keeps: () => Promise.resolve([]),
    surroundings: { ...tab, server: { url: server.url, knowsDocuments: hashes } },
  });
}

/** Listens to the feed, and notes what it hears and how that ended. */
function listen() {
  const stopping = new AbortController();
  const heard: string[] = [];
  let opens = 0;
  const updates = client.graph.listen(
    FeedUpdatesDocument,
    { after: "now" },
    {
      signal: stopping.signal,
      onOpen: () => {
        opens += 1;
      },
    },
  );
  const listening = async () => {
    for await (const { feedUpdates } of updates) heard.push(feedUpdates.cursor);
  };
  return {
    heard,
    opens: () => opens,
    end: listening(),
    stop: () => {
      stopping.abort();
    },
  };
}

function added(number: number, cursor = String(number)) {
  return { __typename: "FeedPostAdded", cursor, post: photo(number) };
}

it("hears every update once, until the server completes it", async () => {
  const { heard, opens, end } = listen();
  for (const number of [1, 2, 3]) server.updates.tell(added(number));
  await until(() => heard.length === 3);
  server.updates.end();
  await end;
  expect([heard, opens()]).toEqual([["1", "2", "3"], 1]);
});

it("has a post that was heard of in the cache", async () => {
  const { heard, end } = listen();
  server.updates.tell(added(200));
  await until(() => heard.length === 1);
  const asked = server.asked.length;
  const { data } = await client.client.query(PostByIdDocument, { id: "post-200" });
  expect([data?.post?.description, server.asked.length]).toEqual(["Photo 200", asked]);
  server.updates.end();
  await end;
});

it("takes a post away that is said to be gone", async () => {
  const shown: unknown[] = [];
  client.client.query(PostByIdDocument, { id: "post-5" }).subscribe(({ data }) => {
    shown.push(data?.post?.description ?? null);
  });
  await until(() => shown.length > 0);
  const { end } = listen();
  server.updates.tell({ __typename: "FeedPostRemoved", cursor: "1", postId: "post-5" });
  await until(() => shown.length > 1);
  expect(shown).toEqual(["Photo 5", null]);
  server.updates.end();
  await end;
});

it("stops when it is told to, and closes the socket", async () => {
  const { opens, end, stop } = listen();
  await until(() => opens() === 1);
  stop();
  await end;
  await until(() => server.sockets === 0);
});

it("says that the connection is lost, whoever has ended it", async () => {
  for (const cut of [
    () => {
      server.endSockets(1012);
    },
    () => tab.events.dispatchEvent(new Event("offline")),
  ]) {
    const { opens, end } = listen();
    const refused = expect(end).rejects.toMatchObject({ code: UNREACHABLE });
    await until(() => opens() === 1);
    cut();
    await refused;
  }
});

it("renews the token when the server ends the socket for it", async () => {
  const { opens, end } = listen();
  const refused = expect(end).rejects.toMatchObject({ code: UNREACHABLE });
  await until(() => opens() === 1);
  server.accounts.expire();
  server.endSockets(4403);
  await refused;
  expect(server.accounts.trades).toBe(1);
  const again = listen();
  await until(() => again.opens() === 1);
  server.updates.end();
  await again.end;
});

it("names what it listens to by its hash, and sends the document where that is not known", async () => {
  await client.forget();
  client = open({ hashes: true });
  for (const isThere of [true, false]) {
    server.isManifestThere = isThere;
    const { heard, end } = listen();
    server.updates.tell(added(1));
    await until(() => heard.length === 1);
    server.updates.end();
    await end;
    server.updates.begin();
  }
  expect(server.listened.map(({ query }) => Boolean(query))).toEqual([false, false, true]);
});
