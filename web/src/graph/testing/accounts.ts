/** Accounts and sessions as the server has them: tokens that expire, and refresh tokens that work once. */

import { randomUUID } from "node:crypto";

interface Session {
  username: string;
  refreshToken: string;
}

const ID_OF = "id-of-";
const PASSWORD = "a long password";

export class Accounts {
  /** By how much the server's clock is ahead. */
  aheadMs = 0;
  tokenLifeMs = 900_000;
  trades = 0;
  readonly #sessions = new Map<string, Session>();
  readonly #tokens = new Map<string, string>();

  now(): number {
    return Date.now() + this.aheadMs;
  }

  /** Whose a token is; undefined if it is nobody's, or no longer. */
  usernameOf(authorization: string | undefined): string | undefined {
    const session = this.#tokens.get(authorization?.replace("Bearer ", "") ?? "");
    return session && this.#sessions.get(session)?.username;
  }

  /** Has all access tokens expire at once. */
  expire(): void {
    this.#tokens.clear();
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  signUp(username: string, displayName: string) {
    if (username.length < 3) return refused("INVALID_USERNAME", "username");
    return this.#begin(username, displayName);
  }

  logIn(username: string, password: string) {
    return password === PASSWORD
      ? this.#begin(username, username)
      : refused("INVALID_CREDENTIALS", "password");
  }

  refresh(refreshToken: string) {
    this.trades += 1;
    const [id = ""] = refreshToken.split(".");
    const session = this.#sessions.get(id);
    if (session?.refreshToken === refreshToken) return this.#grant(id, session.username);
    this.#sessions.delete(id);
    return refused("INVALID_TOKEN");
  }

  logOut(authorization: string | undefined): void {
    this.#sessions.delete(this.#tokens.get(authorization?.replace("Bearer ", "") ?? "") ?? "");
  }

  deleteAccount(username: string, password: string) {
    if (password !== PASSWORD) return refused("INVALID_CREDENTIALS", "password");
    for (const [id, session] of this.#sessions) {
      if (session.username === username) this.#sessions.delete(id);
    }
    return { userId: idOf(username), errors: [] };
  }

  #begin(username: string, displayName: string) {
    return this.#grant(randomUUID(), username, displayName);
  }

  #grant(id: string, username: string, displayName = username) {
    const refreshToken = `${id}.${randomUUID()}`;
    const accessToken = randomUUID();
    this.#sessions.set(id, { username, refreshToken });
    this.#tokens.set(accessToken, id);
    const expiresAt = new Date(this.now() + this.tokenLifeMs).toISOString();
    const viewer = { id: idOf(username), username, displayName };
    return { viewer, accessToken, refreshToken, expiresAt, errors: [] };
  }
}

export function idOf(username: string): string {
  return `${ID_OF}${username}`;
}

export function usernameOf(id: string): string {
  return id.slice(ID_OF.length);
}

function refused(code: string, field?: string) {
  const path = field ? [field] : null;
  return { errors: [{ code, message: "It cannot be.", path }] };
}
