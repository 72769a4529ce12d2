// Serves the web app's sources, module by module: `node sources.mjs WEB` prints where, and ends with its
// standard input.

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = process.argv[2];
const vite = createRequire(join(root, "package.json")).resolve("vite");
const { createServer } = await import(pathToFileURL(vite));
const server = await createServer({
  root,
  configFile: false,
  cacheDir: join(root, "node_modules/.vite-sources"),
  optimizeDeps: { noDiscovery: true },
  server: { host: "127.0.0.1", port: 0, hmr: false, ws: false, watch: null },
  logLevel: "error",
});
await server.listen();
console.log(`http://127.0.0.1:${server.httpServer.address().port}`);
for await (const _ of process.stdin);
await server.close();
