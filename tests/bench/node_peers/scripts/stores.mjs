// What a page needs of MongoDB and Redis: one read of each kind, whatever the page holds.
import Redis from "ioredis";
import { MongoClient } from "mongodb";

const HEADER_BYTES = 40;
const ID_BYTES = 8;
const KEY_GROUPS = 64;
const UNREAD_MAX_MS = 14 * 24 * 3_600_000;
const CHANGES_MAX = 2_000;

export async function openStores({ mongodbUrl, database, cacheUrl }) {
  const client = await new MongoClient(mongodbUrl, {
    useBigInt64: true,
    enableUtf8Validation: false,
  }).connect();
  return new Stores(client.db(database), new Redis(cacheUrl));
}

class Stores {
  #redis;
  #sessions;
  #accounts;
  #follows;
  #posts;
  #changes;
  #counters;

  constructor(database, redis) {
    this.#redis = redis;
    this.#sessions = database.collection("sessions");
    this.#accounts = database.collection("accounts");
    this.#follows = database.collection("follows");
    this.#posts = database.collection("posts");
    this.#changes = database.collection("changes", { readConcern: { level: "majority" } });
    this.#counters = database.collection("counters");
  }

  async isAlive(sessionId, accountId) {
    const found = await this.#sessions.findOne(
      { _id: sessionId, account_id: accountId, expires_at: { $gt: new Date() } },
      { projection: { _id: 1 } },
    );
    return found !== null;
  }

  account(id) {
    return this.#accounts.findOne({ shard: shardOf(id), _id: id });
  }

  // By id.
  async accounts(ids) {
    return byId(await this.#accounts.find(ofThese(ids)).toArray());
  }

  async posts(ids) {
    return byId(await this.#posts.find(ofThese(ids)).toArray());
  }

  async followedAmong(followerId, ids) {
    return this.#edges({ ...from(followerId), followee_id: { $in: ids } });
  }

  followees(followerId) {
    return this.#edges(from(followerId));
  }

  // Ids of posts, rising, and what the timeline was built from; null if there is none.
  async timeline(viewerId) {
    const key = timelineKey(viewerId);
    const entry = await this.#redis.callBuffer("GETEX", key, "PX", UNREAD_MAX_MS);
    return entry && unpackTimeline(entry);
  }

  changesAfter(moment) {
    return this.#changes
      .find({ _id: { $gt: moment } }, { projection: { at: 0 } })
      .sort({ _id: 1 })
      .limit(CHANGES_MAX)
      .toArray();
  }

  async lastDrawn() {
    const counter = await this.#counters.findOne({ _id: "changes" });
    return BigInt(counter?.drawn ?? 0);
  }

  async #edges(filter) {
    const edges = await this.#follows
      .find(filter, { projection: { _id: 0, followee_id: 1 }, batchSize: 10_000 })
      .toArray();
    return new Set(edges.map((edge) => edge.followee_id));
  }
}

function unpackTimeline(entry) {
  const pulledBytes = Number(entry.readBigUInt64BE(32));
  const packed = new Uint8Array(entry.subarray(HEADER_BYTES + pulledBytes));
  const whole = packed.length - (packed.length % ID_BYTES);
  Buffer.from(packed.buffer, 0, whole).swap64();
  return {
    version: entry.readBigUInt64BE(0),
    completeAbove: entry.readBigUInt64BE(8),
    isBuilt: entry.readBigUInt64BE(16) === 0n,
    ids: new BigUint64Array(packed.buffer, 0, whole / ID_BYTES).sort(),
  };
}

function timelineKey(viewerId) {
  const group = String(shardOf(viewerId) % KEY_GROUPS).padStart(2, "0");
  return `timeline:{${group}}:${viewerId.toString(16).padStart(16, "0")}`;
}

const shardOf = (id) => Number((id >> 10n) & 8191n);

const from = (followerId) => ({ shard: shardOf(followerId), follower_id: followerId });

function ofThese(ids) {
  const shards = [...new Set(ids.map(shardOf))].sort((a, b) => a - b);
  return { shard: { $in: shards }, _id: { $in: ids } };
}

const byId = (documents) => new Map(documents.map((each) => [each._id, each]));
