/** What is answered by the app's one page, on this side of the network as on the other. */

const PATHS = [
  "",
  "sign-in",
  "sign-up",
  "upload",
  "settings",
  "posts/[\\w=-]+",
  "people",
  "people/[\\w-]+",
  "people/[\\w-]+/(?:followers|following)",
];

/** A path, and whatever was asked along with it; nothing of the API's. */
export const PAGES = new RegExp(`^/(?:${PATHS.join("|")})(?:\\?.*)?$`);
