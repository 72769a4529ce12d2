/** Who is signed in on this device. */

import type { Watched } from "../device/watched";

export interface Viewer {
  id: string;
  username: string;
  displayName: string;
}

export interface Session extends Watched<Viewer | null> {
  /** @throws {Refusal} With the `path` of the field at fault. */
  signUp(input: { username: string; password: string; displayName: string }): Promise<Viewer>;
  /** @throws {Refusal} */
  logIn(input: { username: string; password: string }): Promise<Viewer>;
  /** Ends the session here at once, with or without a network; on the server if it can be reached. */
  logOut(): Promise<void>;
  /** @throws {Refusal} INVALID_CREDENTIALS: another password. */
  deleteAccount(password: string): Promise<void>;
  /** Headers to send along; renews a token that is about to expire first. */
  authorization(): Promise<Record<string, string>>;
  /** The id of whose session was the last here and ended by itself; null if it was signed out of. */
  endedFor(): string | null;
  /** After an UNAUTHENTICATED: trades the refresh token, once however many ask, in all tabs. */
  renew(): Promise<void>;
}
