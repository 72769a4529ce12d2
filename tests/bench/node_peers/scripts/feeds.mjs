// Feeds, each as its store's reads: of everything, of the least that makes a page, or with a cache.
import { createVerifier } from "fast-jwt";
import { Cache } from "./cache.mjs";
import { page, positionOf, postNode, userNode } from "./pages.mjs";

const BEARER = "Bearer ";
const ID_MAX = (1n << 63n) - 1n;

export class Feeds {
  #verify;

  constructor({ stores, tokenSecret, cdnUrl }) {
    this.stores = stores;
    this.cdnUrl = cdnUrl;
    this.log = new Log(stores);
    this.#verify = createVerifier({
      key: tokenSecret,
      algorithms: ["HS256"],
      allowedAud: "photofeed",
      requiredClaims: ["sub", "sid", "exp"],
      cache: false,
    });
  }

  async viewer(authorization) {
    if (!authorization?.startsWith(BEARER)) throw new Error("Sign in first");
    const { sub, sid } = this.#verify(authorization.slice(BEARER.length));
    const viewerId = BigInt(sub);
    if (!(await this.stores.isAlive(sid, viewerId))) throw new Error("The session is over");
    return viewerId;
  }

  // Everything that the API reads.
  async page(viewerId, first, after) {
    const moment = await this.log.catchUp();
    const [account, timeline] = await Promise.all([
      this.account(viewerId),
      this.stores.timeline(viewerId),
    ]);
    if (!timeline?.isBuilt || timeline.version !== BigInt(account.following_version)) {
      throw new Error("There is no timeline");
    }
    const ids = newest(timeline, first + 1, after);
    return page({ viewerId, nodes: await this.nodes(viewerId, ids, moment), first, after, moment });
  }

  account(id) {
    return this.stores.account(id);
  }

  async nodes(viewerId, ids, moment) {
    const posts = await this.stores.posts(ids);
    const authorIds = authorsOf([...posts.values()]);
    const [followed, accounts] = await Promise.all([
      this.stores.followedAmong(viewerId, authorIds),
      this.stores.accounts(authorIds),
    ]);
    const shown = (post) =>
      post?.state === "READY" && followed.has(post.author_id) && (post.moment ?? 0) <= moment;
    return this.shown(ids.map((id) => posts.get(id)).filter(shown), accounts);
  }

  shown(posts, accounts) {
    const users = new Map([...accounts].map(([id, account]) => [id, userNode(account)]));
    return posts.map((post) => postNode(post, users.get(post.author_id), this.cdnUrl));
  }
}

// Session, timeline, posts, authors; no account, no edges, no log.
export class LeanFeeds extends Feeds {
  async page(viewerId, first, after) {
    const timeline = await this.stores.timeline(viewerId);
    const ids = newest(timeline, first + 1, after);
    const posts = await this.stores.posts(ids);
    const authorIds = authorsOf([...posts.values()]);
    const accounts = await this.stores.accounts(authorIds);
    const found = ids.map((id) => posts.get(id)).filter((post) => post?.state === "READY");
    return page({ viewerId, nodes: this.shown(found, accounts), first, after, moment: 0 });
  }
}

// Posts as they are shown, accounts and followees are kept in the process, until the log names them.
export class CachedFeeds extends Feeds {
  #nodes = new Cache({ itemsMax: 20_000, seconds: 60 });
  #accounts = new Cache({ itemsMax: 20_000, seconds: 60 });
  #followees = new Cache({ itemsMax: 10_000, seconds: 60 });

  constructor(given) {
    super(given);
    this.log.listen(({ actor_id: actorId, subject_id: subjectId }) => {
      this.#nodes.drop(subjectId);
      this.#accounts.drop(actorId);
      this.#followees.drop(actorId);
    });
  }

  async account(id) {
    return this.#accounts.get(id) ?? this.#accounts.put(id, await this.stores.account(id));
  }

  async nodes(viewerId, ids, moment) {
    const nodes = await this.#kept(ids);
    const followees =
      this.#followees.get(viewerId) ??
      this.#followees.put(viewerId, await this.stores.followees(viewerId));
    return nodes.filter((node) => node && followees.has(node.authorId) && node.moment <= moment);
  }

  async #kept(ids) {
    const nodes = this.#nodes.find(ids);
    const missing = ids.filter((_, at) => nodes[at] === undefined);
    if (missing.length === 0) return nodes;
    const read = await this.#read(missing);
    return nodes.map((node, at) => node ?? read.get(ids[at]));
  }

  async #read(ids) {
    const posts = await this.stores.posts(ids);
    const ready = [...posts.values()].filter((post) => post.state === "READY");
    const nodes = this.shown(ready, await this.stores.accounts(authorsOf(ready)));
    return new Map(nodes.map((node) => [node.postId, this.#nodes.put(node.postId, node)]));
  }
}

// The end of the log of changes. Who asks while somebody looks shares the next look.
class Log {
  #stores;
  #moment;
  #looking;
  #next;
  #tell = () => {};

  constructor(stores) {
    this.#stores = stores;
  }

  listen(tell) {
    this.#tell = tell;
  }

  catchUp() {
    if (!this.#looking) return this.#look();
    this.#next ??= this.#looking.then(() => {
      this.#next = undefined;
      return this.#look();
    });
    return this.#next;
  }

  #look() {
    this.#looking = this.#read().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #read() {
    this.#moment ??= await this.#stores.lastDrawn();
    const changes = await this.#stores.changesAfter(this.#moment);
    changes.forEach(this.#tell);
    if (changes.length) this.#moment = BigInt(changes.at(-1)._id);
    return this.#moment;
  }
}

// Ids older than `after`, as far down as the timeline is complete, each once.
function newest({ ids, completeAbove }, most, after) {
  const before = after == null ? ID_MAX : positionOf(after);
  const found = [];
  for (let at = ids.length - 1; at >= 0 && found.length < most; at -= 1) {
    const id = ids[at];
    if (id <= completeAbove) break;
    if (id < before && id !== found.at(-1)) found.push(id);
  }
  return found;
}

const authorsOf = (posts) => [...new Set(posts.map((post) => post.author_id))];
