// `node serve.mjs KIND PORT`: one of the peers. It reads what the API reads, as the same settings
// of the environment say, or has its one page in memory, from a file beside this one.
import { CachedFeeds, Feeds, LeanFeeds } from "./feeds.mjs";
import { beside } from "./schema.mjs";
import { mercurius, yoga } from "./servers.mjs";
import { openStores } from "./stores.mjs";

const HOST = "127.0.0.1";

const KINDS = {
  mercurius_jit: async () => mercurius(await stored(Feeds)),
  mercurius_jit_lean: async () => mercurius(await stored(LeanFeeds)),
  mercurius_jit_cached: async () => mercurius(await stored(CachedFeeds)),
  mercurius_jit_in_memory: () => mercurius(inMemory()),
  yoga_jit_in_memory: () => yoga(inMemory(), { isCompiled: true }),
  yoga_in_memory: () => yoga(inMemory(), { isCompiled: false }),
};

async function stored(Kind) {
  const { env } = process;
  const stores = await openStores({
    mongodbUrl: env.PHOTOFEED_MONGODB_URL,
    database: env.PHOTOFEED_MONGODB_DATABASE ?? "photofeed",
    cacheUrl: env.PHOTOFEED_CACHE_URL,
  });
  const feeds = new Kind({
    stores,
    tokenSecret: env.PHOTOFEED_TOKEN_SECRET,
    cdnUrl: env.PHOTOFEED_CDN_URL.replace(/\/$/, ""),
  });
  return async (_, { first, after }, { authorization }) =>
    feeds.page(await feeds.viewer(authorization), first ?? 50, after);
}

function inMemory() {
  const page = JSON.parse(beside("page.json"));
  return () => page;
}

const [kind, port] = process.argv.slice(2);
const listen = await KINDS[kind]();
listen(HOST, Number(port));
