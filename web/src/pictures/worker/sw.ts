/** The service worker: the app's own files, and the pictures of recent posts. */

import { clientsClaim } from "workbox-core";
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

import { isPicture, pictures } from "./pictures";
import { PAGES } from "./routes";

declare const self: ServiceWorkerGlobalScope;

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false });
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL("/index.html"), { allowlist: [PAGES] }));
registerRoute(isPicture, pictures);

// The first visit's pictures are kept, too. A new version waits until a page lets it in: the files
// of the old one are there for as long as an open page may ask for them.
clientsClaim();
self.addEventListener("message", ({ data }: ExtendableMessageEvent) => {
  const { type } = data as { type?: unknown };
  if (type === "SKIP_WAITING") void self.skipWaiting();
});
