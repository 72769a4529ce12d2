/** Signing up, in and out, and tokens that are renewed unseen. */

import { Refusal, throwFirst } from "../device/refusals";
import { Watchable } from "../device/watched";
import {
  DeleteAccountDocument,
  LogInDocument,
  LogOutDocument,
  RefreshSessionDocument,
  SignUpDocument,
  type AuthFieldsFragment,
} from "../gql/graphql";
import { authorizedFetch } from "../graph/authorized";
import { ownServer, post, type Answer, type Server } from "../graph/transport";
import type { Session, Viewer } from "./model";
import {
  readEnd,
  readRecord,
  RECORD_KEY,
  recordOf,
  writeEnd,
  writeRecord,
  type SessionRecord,
} from "./record";

/** What a session finds in a browser, and tests hand in. */
export interface SessionSurroundings {
  server: Server;
  storage: Storage;
  /** Not there where the page came over plain HTTP: then tabs renew without regard to each other. */
  locks: Pick<LockManager, "request"> | undefined;
  /** Tells what other tabs do with the storage. */
  events: EventTarget;
}

export function createSession(surroundings?: SessionSurroundings): Session {
  return new KeptSession(surroundings ?? ofBrowser());
}

const LOCK = "photofeed.session";
const RENEW_MAX_MS = 15_000;
const FAREWELL_MAX_MS = 5_000;

function ofBrowser(): SessionSurroundings {
  const { locks } = navigator as { locks?: LockManager };
  return { server: ownServer(), storage: localStorage, locks, events: window };
}

class KeptSession implements Session {
  readonly #server: Server;
  readonly #storage: Storage;
  readonly #locks: SessionSurroundings["locks"];
  readonly #viewer = new Watchable<Viewer | null>(null);
  #renewing: Promise<void> | null = null;

  readonly getSnapshot = this.#viewer.getSnapshot;
  readonly subscribe = this.#viewer.subscribe;

  constructor({ server, storage, locks, events }: SessionSurroundings) {
    this.#server = server;
    this.#storage = storage;
    this.#locks = locks;
    this.#read();
    events.addEventListener("storage", (event) => {
      const { key } = event as StorageEvent;
      if (key === RECORD_KEY || key === null) this.#read();
    });
    // A page that was left hears nothing, and may be shown again as it was.
    events.addEventListener("pageshow", () => this.#read());
  }

  async signUp(input: { username: string; password: string; displayName: string }) {
    const { data, at } = await post(this.#server, SignUpDocument, { input });
    return this.#begin({ data: data.signUp, at });
  }

  async logIn(input: { username: string; password: string }) {
    const { data, at } = await post(this.#server, LogInDocument, { input });
    return this.#begin({ data: data.logIn, at });
  }

  async logOut() {
    const record = this.#read();
    this.#keep(null);
    if (record) await this.#sayFarewell(record);
  }

  async deleteAccount(password: string) {
    const options = { fetch: authorizedFetch(this) };
    const { data } = await post(
      this.#server,
      DeleteAccountDocument,
      { input: { password } },
      options,
    );
    throwFirst(data.deleteAccount.errors);
    this.#keep(null);
  }

  async authorization() {
    const record = this.#read();
    if (record && Date.now() >= record.renewAt) await this.renew();
    const renewed = this.#read();
    return renewed ? bearing(renewed) : {};
  }

  endedFor() {
    return readEnd(this.#storage);
  }

  renew() {
    this.#renewing ??= this.#trade().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  #begin(granted: Answer<AuthFieldsFragment>): Viewer {
    throwFirst(granted.data.errors);
    const record = recordOf(granted.data, granted.at);
    this.#keep(record);
    return record.viewer;
  }

  /**
   * A refresh token works once, so one tab trades it while the others wait. A page that goes away
   * after the server has answered, and before that is written, takes the next one with it.
   */
  async #trade(): Promise<void> {
    const known = this.#read();
    if (!known) return;
    const tradeUnlessDone = async () => {
      const record = this.#read();
      if (record?.refreshToken === known.refreshToken) await this.#tradeAlone(record);
    };
    await (this.#locks?.request(LOCK, tradeUnlessDone) ?? tradeUnlessDone());
  }

  async #tradeAlone(record: SessionRecord): Promise<void> {
    const next = await traded(this.#server, record);
    // Who has signed out meanwhile, or in as somebody else, stays so.
    if (this.#read()?.refreshToken !== record.refreshToken) return;
    if (next) this.#keep(next);
    else this.#end(record);
  }

  async #sayFarewell(record: SessionRecord): Promise<void> {
    const limits = { keepalive: true, signal: AbortSignal.timeout(FAREWELL_MAX_MS) };
    try {
      const good =
        Date.now() < record.renewAt ? record : await traded(this.#server, record, limits);
      if (!good) return;
      await post(this.#server, LogOutDocument, {}, { ...limits, headers: bearing(good) });
    } catch (error) {
      // Without a network the session there ends by itself: its tokens are nowhere any more.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #read(): SessionRecord | null {
    const record = readRecord(this.#storage);
    this.#show(record?.viewer ?? null);
    return record;
  }

  #keep(record: SessionRecord | null): void {
    writeRecord(this.#storage, record);
    this.#show(record?.viewer ?? null);
  }

  #end(record: SessionRecord): void {
    writeEnd(this.#storage, record);
    this.#show(null);
  }

  #show(viewer: Viewer | null): void {
    if (viewer?.id === this.#viewer.getSnapshot()?.id) return;
    this.#viewer.set(viewer);
  }
}

/** @returns Null if the session is over. @throws {Refusal} It cannot be told. */
async function traded(
  server: Server,
  { refreshToken }: SessionRecord,
  options: { keepalive?: boolean; signal: AbortSignal } = {
    signal: AbortSignal.timeout(RENEW_MAX_MS),
  },
): Promise<SessionRecord | null> {
  const { data, at } = await post(
    server,
    RefreshSessionDocument,
    { input: { refreshToken } },
    options,
  );
  const { refreshSession } = data;
  if (refreshSession.errors.some(({ code }) => code === "INVALID_TOKEN")) return null;
  throwFirst(refreshSession.errors);
  return recordOf(refreshSession, at);
}

function bearing({ accessToken }: SessionRecord): Record<string, string> {
  return { Authorization: `Bearer ${accessToken}` };
}
