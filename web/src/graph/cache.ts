/** The normalised cache: every post and account is there once, by its id, whoever asked for it. */

import {
  cacheExchange,
  type Cache,
  type CacheExchangeOpts,
  type StorageAdapter,
  type UpdateResolver,
} from "@urql/exchange-graphcache";
import type { Exchange } from "@urql/core";

import {
  PostFieldsFragmentDoc,
  type DeletePostMutation,
  type FeedUpdatesSubscription,
  type PostByIdQueryVariables,
  type PostFieldsFragment,
  type ProfileQueryVariables,
} from "../gql/graphql";
import { Following } from "./following";

/** Types that are a part of what they are in, and cannot be found by an id. */
export const EMBEDDED = [
  ...["Image", "ImageVariant", "PageInfo", "UserError", "AccountSettings"],
  ...["FeedConnection", "FeedEdge", "PostConnection", "PostEdge", "UserConnection", "UserEdge"],
  ...["FeedPostAdded", "FeedPostRemoved", "FeedAuthorAdded", "FeedAuthorRemoved", "FeedGap"],
  ...["AuthPayload", "LogOutPayload", "FollowPayload", "UnfollowPayload", "DeletePostPayload"],
  ...["CreateUploadPayload", "UploadField", "UploadTicket", "UploadPhotoPayload"],
  ...["UpdateSettingsPayload", "DeleteAccountPayload"],
];

export interface CacheOptions {
  storage: StorageAdapter | null;
  /** Null for visitors. */
  viewerId: string | null;
  /** Called with a post that was deleted, as it was. */
  onRemoved: (post: PostFieldsFragment) => void;
}

export function normalisedCache({ storage, viewerId, onRemoved }: CacheOptions): Exchange {
  const following = new Following(viewerId);
  const remove = (cache: Cache, id: string) => {
    const removed = removePost(cache, id);
    if (removed) onRemoved(removed);
  };
  const updates = {
    Query: { feed: lettingGo() },
    User: { username: findByName },
    Subscription: {
      feedUpdates: ({ feedUpdates }: FeedUpdatesSubscription, _: unknown, cache: Cache) => {
        if (feedUpdates.__typename === "FeedPostRemoved") remove(cache, feedUpdates.postId);
        following.hear(feedUpdates, cache);
      },
    },
    Mutation: {
      deletePost: ({ deletePost: { postId } }: DeletePostMutation, _: unknown, cache: Cache) => {
        if (postId) remove(cache, postId);
      },
      follow: following.afterFollow,
      unfollow: following.afterUnfollow,
    },
  };
  return cacheExchange({ ...RULES, updates, ...(storage ? { storage } : {}) });
}

/** Beyond the first: about 2,000 posts. */
const FEED_PAGES_MAX = 40;

const RULES: CacheExchangeOpts = {
  keys: Object.fromEntries(EMBEDDED.map((type) => [type, () => null])),
  possibleTypes: {
    Node: ["Post", "User"],
    FeedUpdate: EMBEDDED.filter((type) => /^Feed(Post|Author|Gap)/.test(type)),
  },
  logger: (severity, message) => {
    // An update has the fields of one of its types only, as it should.
    if (severity !== "debug" && !message.startsWith("Invalid undefined"))
      console[severity](message);
  },
  resolvers: {
    Query: {
      post: (_, args: PostByIdQueryVariables, cache) => {
        const known = cache.resolve("Query", "post", { ...args });
        return known === undefined ? { __typename: "Post", id: args.id } : asLink(known);
      },
      user: (_, args: ProfileQueryVariables, cache) => {
        const known = cache.resolve("Query", "user", { ...args });
        return asLink(known === undefined ? cache.resolve("Query", "user", byName(args)) : known);
      },
    },
  },
};

/** An account is found by its name, wherever it came from. */
function findByName(user: unknown, _: unknown, cache: Cache): void {
  const { __typename, id, username } = user as Record<string, string>;
  if (!__typename || !id || !username) return;
  cache.link("Query", "user", byName({ username }), { __typename, id });
}

/**
 * Posts take about 9 kB each, as long as a page of the feed links to them. Of those that were
 * scrolled past, the longest known go first: who comes back that far has them asked for one by one.
 */
function lettingGo(): UpdateResolver<unknown, { first: number; after?: string | null }> {
  const known = new Map<string, { first: number; after: string }>();
  return (_, { first, after }, cache) => {
    if (!after) return;
    known.delete(after);
    known.set(after, { first, after });
    const [longest] = known.values();
    if (!longest || known.size <= FEED_PAGES_MAX) return;
    known.delete(longest.after);
    cache.invalidate("Query", "feed", longest);
  };
}

/** Pages that show it hear that there is no such post, without asking the server. */
function removePost(cache: Cache, id: string): PostFieldsFragment | null {
  const post = `Post:${id}`;
  const removed = cache.readFragment(PostFieldsFragmentDoc, post);
  cache.invalidate(post);
  cache.link("Query", "post", { id }, null);
  return removed;
}

function byName({ username }: ProfileQueryVariables): ProfileQueryVariables {
  return { username: username.toLowerCase() };
}

/** What a link leads to; undefined if that is not known. */
function asLink(known: ReturnType<Cache["resolve"]>): string | null | undefined {
  return typeof known === "string" || known === null ? known : undefined;
}
