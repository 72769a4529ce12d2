/** Whether the cache knows what is one thing, and what following changes. */

import { readFileSync } from "node:fs";

import { buildSchema, isObjectType } from "graphql";
import { afterEach, beforeEach, expect, it } from "vitest";

import {
  FeedUpdatesDocument,
  FollowDocument,
  FollowersDocument,
  FollowingDocument,
  ProfileDocument,
  UnfollowDocument,
} from "../gql/graphql";
import { createSession } from "../session/session";
import { EMBEDDED } from "./cache";
import { createClient, type ViewerClient } from "./client";
import { idOf } from "./testing/accounts";
import { Device, until } from "./testing/device";
import { TestServer } from "./testing/server";

const SCHEMA = new URL("../../../schema/schema.graphql", import.meta.url);
const ROOTS = ["Query", "Mutation", "Subscription"];
/** It has an id, by which nobody can ask for it. */
const TICKET = "UploadTicket";

let server: TestServer;
let opened: ViewerClient;

beforeEach(async () => {
  server = await new TestServer().start();
  const tab = new Device().openTab(server);
  const session = createSession(tab);
  await session.logIn({ username: "ada", password: "a long password" });
  opened = createClient({
    session,
    viewerId: idOf("ada"),
    keeps: () => Promise.resolve([]),
    surroundings: tab,
  });
});
afterEach(async () => {
  await opened.forget();
  await server.stop();
});

it("knows of every type whether it is found by an id", () => {
  const types = Object.values(buildSchema(readFileSync(SCHEMA, "utf8")).getTypeMap());
  const embedded = types
    .filter((type) => isObjectType(type) && !type.name.startsWith("__"))
    .filter((type) => isObjectType(type) && !("id" in type.getFields()))
    .map(({ name }) => name)
    .filter((name) => !ROOTS.includes(name));
  expect([...EMBEDDED].sort()).toEqual([...embedded, TICKET].sort());
});

it("knows the lists and counts of both when somebody is followed, and followed no more", async () => {
  const ada = show("ada");
  const bob = show("bob");
  await until(() => ada.last() === "0: " && bob.last() === "0: ");

  await opened.graph.ask(FollowDocument, { input: { userId: idOf("bob") } });
  await until(() => ada.last() === "1: bob" && bob.last() === "1: ada");

  await opened.graph.ask(UnfollowDocument, { input: { userId: idOf("bob") } });
  await until(() => ada.last() === "0: " && bob.last() === "0: ");
});

it("knows them also when that was in another tab", async () => {
  const ada = show("ada");
  const bob = show("bob");
  await until(() => ada.last() === "0: " && bob.last() === "0: ");
  const stopping = listen();

  server.follows.change("ada", idOf("bob"), true);
  server.updates.tell({ __typename: "FeedAuthorAdded", cursor: "1", author: { id: idOf("bob") } });
  await until(() => ada.last() === "1: bob" && bob.last() === "1: ada");

  server.follows.change("ada", idOf("bob"), false);
  server.updates.tell({ __typename: "FeedAuthorRemoved", cursor: "2", authorId: idOf("bob") });
  await until(() => ada.last() === "0: " && bob.last() === "0: ");
  stopping.abort();
});

it("asks for nothing again when it hears of what it did itself", async () => {
  const bob = show("bob");
  await until(() => bob.last() === "0: ");
  await opened.graph.ask(FollowDocument, { input: { userId: idOf("bob") } });
  await until(() => bob.last() === "1: ada");
  const asked = server.asked.length;
  const heard: string[] = [];
  const stopping = listen(heard);
  server.updates.tell({ __typename: "FeedAuthorAdded", cursor: "1", author: { id: idOf("bob") } });
  await until(() => heard.length > 0);
  expect(server.asked).toHaveLength(asked);
  stopping.abort();
});

/** Shows whom Ada follows, or who follows somebody else, as pages do: the count, then the names. */
function show(username: string) {
  const { client } = opened;
  const first = 30;
  let count: number | undefined;
  let names: string[] | undefined;
  client.query(ProfileDocument, { username }).subscribe(({ data }) => {
    const user = data?.user;
    count = username === "ada" ? user?.followingCount : user?.followerCount;
  });
  const list =
    username === "ada"
      ? client.query(FollowingDocument, { username, first })
      : client.query(FollowersDocument, { username, first });
  list.subscribe(({ data }) => {
    const user = data?.user;
    if (!user) return;
    const { edges } = "following" in user ? user.following : user.followers;
    names = edges.map(({ node }) => node.username);
  });
  return { last: () => `${count ?? "?"}: ${names?.join() ?? "?"}` };
}

function listen(heard: string[] = []): AbortController {
  const stopping = new AbortController();
  const { signal } = stopping;
  const updates = opened.graph.listen(FeedUpdatesDocument, { after: "now" }, { signal });
  const listening = async () => {
    for await (const { feedUpdates } of updates) heard.push(feedUpdates.cursor);
  };
  void listening();
  return stopping;
}
