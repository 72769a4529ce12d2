/** What is there for who is signed in, and what is left when nobody is. */

import { openDB } from "idb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { PreparedPhoto } from "./device/photo/model";
import { uploadsDatabase } from "./device/uploads/uploads";
import type { Watched } from "./device/watched";
import type { SignedIn, Surroundings } from "./frame/context";
import { PostByIdDocument } from "./gql/graphql";
import { idOf } from "./graph/testing/accounts";
import { Device, until, type Tab } from "./graph/testing/device";
import { TestServer } from "./graph/testing/server";
import { cacheDatabase } from "./graph/storage";
import { createSurroundings } from "./wiring";

const ADA = { username: "ada", password: "a long password" };
const PREPARED: PreparedPhoto = {
  blob: new Blob(["a photo"]),
  contentType: "image/webp",
  size: { width: 4, height: 3 },
  originalBytes: 7,
  isOriginal: false,
};

let server: TestServer;
let device: Device;
let opened: Watched<Surroundings>[];

beforeEach(async () => {
  vi.stubEnv("NODE_ENV", "development"); // Else the cache writes nothing.
  server = await new TestServer().start();
  device = new Device();
  opened = [];
});
afterEach(async () => {
  for (const surroundings of opened) await surroundings.getSnapshot().session.logOut();
  await until(async () => (await leftovers()).length === 0);
  await server.stop();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** Opens the app as a browser does. */
function open(tab: Tab = device.openTab(server)): Watched<Surroundings> {
  vi.stubGlobal("location", { href: server.url, origin: new URL(server.url).origin });
  vi.stubGlobal("localStorage", tab.storage);
  vi.stubGlobal("window", tab.events);
  vi.stubGlobal("document", tab.visibility);
  const surroundings = createSurroundings();
  opened.push(surroundings);
  return surroundings;
}

function signedIn(surroundings: Watched<Surroundings>): SignedIn {
  const { signedIn: found } = surroundings.getSnapshot();
  if (!found) throw new Error("Nobody is signed in.");
  return found;
}

async function withFeed(surroundings: Watched<Surroundings>): Promise<void> {
  const { feed } = signedIn(surroundings);
  await until(() => feed.getSnapshot().entries.length > 0);
}

/** Databases that have anything of anybody in them. */
async function leftovers(): Promise<string[]> {
  const found = new Set<string>();
  for (const { name } of await indexedDB.databases()) {
    if (!name) continue;
    const database = await openDB(name);
    for (const store of database.objectStoreNames) {
      if ((await database.count(store)) > 0) found.add(name);
    }
    database.close();
  }
  return [...found];
}

it("shows the feed of who signs in, and has its posts at hand", async () => {
  const surroundings = open();
  expect(surroundings.getSnapshot().signedIn).toBeNull();
  await surroundings.getSnapshot().session.logIn(ADA);
  await withFeed(surroundings);
  const asked = server.asked.length;
  const { client } = surroundings.getSnapshot();
  const { data } = await client.query(PostByIdDocument, { id: "post-99" });
  expect([data?.post?.description, server.asked.length]).toEqual(["Photo 99", asked]);
});

it("takes everything off the device when somebody signs out, in whatever tab", async () => {
  const tabs = [open(), open()];
  await tabs[0]?.getSnapshot().session.logIn(ADA);
  for (const tab of tabs) await withFeed(tab);
  await until(async () => (await leftovers()).includes(cacheDatabase(idOf("ada"))));

  await tabs[1]?.getSnapshot().session.logOut();

  expect(tabs.map((tab) => tab.getSnapshot().signedIn)).toEqual([null, null]);
  await until(async () => (await leftovers()).length === 0);
  expect(device.items.size).toBe(0);
});

it("takes what is left on the device when signing out was cut off", async () => {
  const surroundings = open();
  await surroundings.getSnapshot().session.logIn(ADA);
  await withFeed(surroundings);
  await until(async () => (await leftovers()).includes(cacheDatabase(idOf("ada"))));
  signedIn(surroundings).feed.stop();
  opened = [];

  device.items.clear();
  open(new Device().openTab(server));

  await until(async () => (await leftovers()).length === 0);
});

it("keeps photos on their way for whose session ended by itself, and for nobody else", async () => {
  const surroundings = open();
  const { session } = surroundings.getSnapshot();
  const cleo = { ...ADA, username: "cleo" };
  const uploads = uploadsDatabase(idOf("cleo"));
  const endSession = async () => {
    server.accounts.logOut((await session.authorization()).Authorization);
    await session.renew();
    await until(async () => {
      const left = await leftovers();
      return left.includes(uploads) && !left.includes(cacheDatabase(idOf("cleo")));
    });
  };
  await session.logIn(cleo);
  await withFeed(surroundings);
  await signedIn(surroundings).uploads.add(PREPARED, { description: "A photo", altText: "" });

  await endSession();
  await session.logIn(cleo);
  const { uploads: again } = signedIn(surroundings);
  await until(() => again.getSnapshot().length === 1);
  expect(again.getSnapshot()[0]?.description).toBe("A photo");

  await endSession();
  opened = [];
  const tomorrow = open(device.openTab(server));
  await tomorrow.getSnapshot().session.logIn({ ...ADA, username: "bob" });
  await withFeed(tomorrow);
  await until(async () => !(await leftovers()).includes(uploads));
  opened = [tomorrow];
});

it("shows nobody the feed of who was there before", async () => {
  const surroundings = open();
  const { session } = surroundings.getSnapshot();
  await session.logIn(ADA);
  await withFeed(surroundings);
  const before = surroundings.getSnapshot();

  await session.logIn({ ...ADA, username: "bob" });

  const after = surroundings.getSnapshot();
  expect([after.signedIn?.viewer.username, after.signedIn?.feed.getSnapshot().entries]).toEqual([
    "bob",
    [],
  ]);
  expect(after.client).not.toBe(before.client);
  await withFeed(surroundings);
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(
    cacheDatabase(idOf("ada")),
  );
  expect(before.signedIn?.feed.getSnapshot().entries).toEqual([]);
});
