/** Where one goes on to after signing in. */

const NEXT = "next";
const HOME = "/";

export function signInPath(next: string): string {
  return `/sign-in?${new URLSearchParams({ [NEXT]: next }).toString()}`;
}

/** Only ever a path of our own: the address may come from anybody. */
export function pathAfter(search: URLSearchParams): string {
  const next = search.get(NEXT) ?? HOME;
  const { origin, pathname } = new URL(next, location.origin);
  return origin === location.origin && next.startsWith(HOME) ? pathname : HOME;
}

/** The same wish, for the other way in. */
export function withNext(path: string, search: URLSearchParams): string {
  return search.has(NEXT) ? `${path}?${search.toString()}` : path;
}
