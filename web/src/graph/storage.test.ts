/** What of the cache stays on the device, and what does not. */

import { openDB } from "idb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";

import { FeedPageDocument, PostByIdDocument, ProfileDocument } from "../gql/graphql";
import type { Session } from "../session/model";
import { createSession } from "../session/session";
import { createClient, type ViewerClient } from "./client";
import { cacheDatabase } from "./storage";
import { idOf } from "./testing/accounts";
import { Device, until, type Tab } from "./testing/device";
import { TestServer } from "./testing/server";

const ADA = idOf("ada");

let server: TestServer;
let device: Device;
let tab: Tab;
let session: Session;
let kept: string[];

// The cache writes nothing where it takes itself to be tested.
beforeAll(() => {
  vi.stubEnv("NODE_ENV", "development");
});
afterAll(() => {
  vi.unstubAllEnvs();
});
beforeEach(async () => {
  server = await new TestServer().start();
  device = new Device();
  tab = device.openTab(server);
  session = createSession(tab);
  await session.logIn({ username: "ada", password: "a long password" });
  kept = ["post-99", "post-98"];
});
afterEach(async () => {
  await open().forget();
  await server.stop();
});

function open(viewerId: string | null = ADA): ViewerClient {
  const keeps = () => Promise.resolve(kept);
  return createClient({ session, viewerId, keeps, surroundings: tab });
}

async function readFeed({ graph, save }: ViewerClient): Promise<void> {
  await graph.ask(FeedPageDocument, { first: 20 });
  await graph.ask(ProfileDocument, { username: "ada" });
  // The cache hands over what has changed a moment after it has.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await save();
}

async function post({ client }: ViewerClient, id: string) {
  return (await client.query(PostByIdDocument, { id })).data?.post;
}

async function entries(): Promise<string[]> {
  const database = await openDB(cacheDatabase(ADA));
  const record = (await database.get("cache", "record")) as { entries: object } | undefined;
  database.close();
  return Object.keys(record?.entries ?? {});
}

it("opens recent posts, their authors and one's own account with no network at all", async () => {
  await readFeed(open());
  await server.stop();

  const later = open();
  expect((await post(later, "post-99"))?.image?.variants).toHaveLength(1);
  const { data } = await later.client.query(ProfileDocument, { username: "ADA" });
  expect(data?.user?.postCount).toBe(3);
  const author = await later.client.query(ProfileDocument, { username: "author98" });
  expect(author.error).toBeDefined(); // Only a part of an account is known by a post.
  expect((await later.client.query(PostByIdDocument, { id: "post-97" })).error).toBeDefined();
  server = await new TestServer().start();
});

it("keeps nothing of posts that are not recent, also when they were", async () => {
  const client = open();
  await readFeed(client);
  const before = await entries();
  expect(before.filter((name) => name.startsWith("Post:post-99"))).not.toHaveLength(0);
  expect(before.filter((name) => /^Post:post-9[0-7]|Author97|feed\(/.test(name))).toEqual([]);

  kept = ["post-98"];
  await client.save();
  expect((await entries()).filter((name) => /post-99|Author99/.test(name))).toEqual([]);
});

it("adds to what another tab has written", async () => {
  const [one, other] = [open(), open()];
  await one.graph.ask(PostByIdDocument, { id: "post-99" });
  await other.graph.ask(PostByIdDocument, { id: "post-98" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  await Promise.all([one.save(), other.save()]);
  await server.stop();
  const later = open();
  expect((await post(later, "post-98"))?.id).toBe("post-98");
  expect((await post(later, "post-99"))?.id).toBe("post-99");
  server = await new TestServer().start();
});

it("writes by itself when the page is hidden", async () => {
  const { graph } = open();
  await graph.ask(PostByIdDocument, { id: "post-99" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  tab.visibility.dispatchEvent(new Event("visibilitychange"));
  await until(async () => (await entries()).length > 0);
});

it("begins empty where what was kept is damaged or of another version", async () => {
  for (const record of [null, 7, {}, { layout: 2, entries: { "Post:post-99.id": '"x"' } }]) {
    const database = await openDB(cacheDatabase(ADA), 1, {
      upgrade: (created) => created.createObjectStore("cache"),
    });
    await database.put("cache", record, "record");
    database.close();
    expect((await post(open(), "post-99"))?.description).toBe("Photo 99");
  }
});

it("begins empty after a newer version of the app, or another shape", async () => {
  await open().forget();
  const newer = await openDB(cacheDatabase(ADA), 9);
  newer.close();
  const client = open();
  await readFeed(client);
  expect(await entries()).not.toEqual([]);
});

it("takes everything off the device, in all tabs", async () => {
  const [one, other] = [open(), open()];
  await readFeed(one);
  await Promise.all([one.forget(), readFeed(other)]);
  expect(await databases()).not.toContain(cacheDatabase(ADA));
});

it("keeps nothing of a visitor", async () => {
  const before = await databases();
  await session.logOut();
  await readFeed(open(null));
  expect(await databases()).toEqual(before);
});

async function databases() {
  return (await indexedDB.databases()).map(({ name }) => name);
}

it("keeps a post and its author also where both were known before they were to stay", async () => {
  const seen = kept;
  kept = [];
  const client = open();
  await readFeed(client);
  kept = seen;
  await readFeed(client);
  await client.save();
  await server.stop();
  const [id = ""] = kept;
  expect((await post(open(), id))?.author.displayName).toBeTruthy();
});
