/** Sessions in several tabs, with clocks that differ and networks that fail. */

import { afterEach, beforeEach, expect, it } from "vitest";

import { UNREACHABLE } from "../device/refusals";
import { idOf } from "../graph/testing/accounts";
import { Device } from "../graph/testing/device";
import { TestServer } from "../graph/testing/server";
import { RECORD_KEY } from "./record";
import { createSession } from "./session";

const ADA = { username: "ada", password: "a long password" };

let server: TestServer;
let device: Device;

beforeEach(async () => {
  server = await new TestServer().start();
  device = new Device();
});
afterEach(() => server.stop());

function openTab(options?: { knowsDocuments: boolean }) {
  return createSession(device.openTab(server, options));
}

it("signs somebody up, in all tabs and on the next day", async () => {
  const session = openTab();
  const other = openTab();
  const heard: unknown[] = [];
  other.subscribe(() => heard.push(other.getSnapshot()));

  const viewer = await session.signUp({ ...ADA, displayName: "Ada" });

  expect(viewer).toEqual({ id: idOf("ada"), username: "ada", displayName: "Ada" });
  expect(session.getSnapshot()).toEqual(viewer);
  expect(heard).toEqual([viewer]);
  expect(openTab().getSnapshot()).toEqual(viewer);
});

it("says which field is at fault", async () => {
  const session = openTab();
  const signingUp = session.signUp({ username: "a", password: "a long password", displayName: "" });
  await expect(signingUp).rejects.toMatchObject({ code: "INVALID_USERNAME", path: ["username"] });
  await expect(session.logIn({ ...ADA, password: "another" })).rejects.toMatchObject({
    code: "INVALID_CREDENTIALS",
  });
  expect(session.getSnapshot()).toBeNull();
});

it("sends a token as long as it is good, by whatever clock", async () => {
  for (const aheadMs of [0, 86_400_000, -86_400_000]) {
    server.accounts.aheadMs = aheadMs;
    const session = openTab();
    await session.logIn(ADA);
    const { Authorization } = await session.authorization();
    expect(server.accounts.usernameOf(Authorization)).toBe("ada");
  }
  expect(server.accounts.trades).toBe(0);
});

it("renews a token before it is sent, when it is about to expire", async () => {
  server.accounts.tokenLifeMs = 0;
  const session = openTab();
  await session.logIn(ADA);
  server.accounts.tokenLifeMs = 900_000;
  const first = await session.authorization();
  expect(await session.authorization()).toEqual(first);
  expect(server.accounts.trades).toBe(1);
});

it("trades a refresh token once, however many tabs ask at the same time", async () => {
  const tabs = [openTab(), openTab(), openTab()];
  await tabs[0]?.logIn(ADA);
  server.accounts.expire();

  await Promise.all(tabs.flatMap((tab) => [tab.renew(), tab.renew()]));

  expect(server.accounts.trades).toBe(1);
  for (const tab of tabs) {
    const { Authorization } = await tab.authorization();
    expect(server.accounts.usernameOf(Authorization)).toBe("ada");
  }
});

it("stays signed in while the server cannot be reached", async () => {
  const session = openTab();
  await session.logIn(ADA);
  await server.stop();
  await expect(session.renew()).rejects.toMatchObject({ code: UNREACHABLE });
  expect(session.getSnapshot()?.username).toBe("ada");
  expect(openTab().getSnapshot()?.username).toBe("ada");
  server = await new TestServer().start();
});

it("ends in all tabs when the server says that it is over", async () => {
  const session = openTab();
  const other = openTab();
  const { Authorization } = await session.logIn(ADA).then(() => session.authorization());
  server.accounts.logOut(Authorization);

  await session.renew();

  expect([session.getSnapshot(), other.getSnapshot()]).toEqual([null, null]);
  expect(await other.authorization()).toEqual({});
  expect([session.endedFor(), other.endedFor()]).toEqual([idOf("ada"), idOf("ada")]);
  expect([...device.items.values()].join()).not.toContain("oken");
});

it("ends when an answer is lost, since the next one says that the token was used", async () => {
  const session = openTab();
  await session.logIn(ADA);
  server.lost = 1;
  await expect(session.renew()).rejects.toMatchObject({ code: UNREACHABLE });
  expect(session.getSnapshot()?.username).toBe("ada");

  await session.renew();
  expect([session.getSnapshot(), session.endedFor()]).toEqual([null, idOf("ada")]);
});

it("does not say that it ended by itself when somebody signs out, or in again", async () => {
  const session = openTab();
  await session.logIn(ADA);
  await session.logOut();
  expect(session.endedFor()).toBeNull();

  await session.logIn(ADA);
  server.accounts.logOut((await session.authorization()).Authorization);
  await session.renew();
  expect(openTab().endedFor()).toBe(idOf("ada"));
  await session.logIn(ADA);
  expect(session.endedFor()).toBeNull();
});

it("signs out in all tabs and at the server", async () => {
  const session = openTab();
  const other = openTab();
  await session.logIn(ADA);
  await other.logOut();
  expect([session.getSnapshot(), server.accounts.sessions]).toEqual([null, 0]);
});

it("hears of it when a page that was left is shown again", async () => {
  const tab = device.openTab(server);
  const session = createSession(tab);
  await session.logIn(ADA);
  device.items.clear();
  tab.events.dispatchEvent(new Event("pageshow"));
  expect(session.getSnapshot()).toBeNull();
});

it("ends a session at the server whose token has expired", async () => {
  server.accounts.tokenLifeMs = 0;
  const session = openTab();
  await session.logIn(ADA);
  server.accounts.expire();
  await session.logOut();
  expect(server.accounts.sessions).toBe(0);
});

it("signs out without a network", async () => {
  const session = openTab();
  await session.logIn(ADA);
  await server.stop();
  await session.logOut();
  expect([session.getSnapshot(), device.items.size]).toEqual([null, 0]);
  server = await new TestServer().start();
});

it("stays signed out when another tab was just renewing", async () => {
  const session = openTab();
  const other = openTab();
  await session.logIn(ADA);
  const renewing = session.renew();
  await other.logOut();
  await renewing;
  expect([session.getSnapshot(), device.items.size]).toEqual([null, 0]);
});

it("deletes an account whose password is right, also with a token that has expired", async () => {
  const session = openTab();
  await session.logIn(ADA);
  server.accounts.expire();
  await expect(session.deleteAccount("another")).rejects.toMatchObject({
    code: "INVALID_CREDENTIALS",
  });
  await session.deleteAccount(ADA.password);
  expect([session.getSnapshot(), server.accounts.sessions]).toEqual([null, 0]);
});

it("takes a damaged record for nobody", () => {
  for (const damaged of ["", "{", "null", "[]", '{"viewer": {"id": 1}}', '{"endedFor": 1}']) {
    device.items.set(RECORD_KEY, damaged);
    expect([openTab().getSnapshot(), openTab().endedFor()]).toEqual([null, null]);
  }
});

it("names documents by their hash, and sends them where the hash is not known", async () => {
  await openTab({ knowsDocuments: true }).logIn(ADA);
  server.isManifestThere = false;
  await openTab({ knowsDocuments: true }).logIn(ADA);
  expect(server.asked.map(({ query }) => query !== undefined)).toEqual([false, false, true]);
});
