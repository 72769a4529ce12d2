/** What the cache knows no more after somebody is followed, or followed no more. */

import type { Cache } from "@urql/exchange-graphcache";

import type { FeedUpdatesSubscription, FollowMutation, UnfollowMutation } from "../gql/graphql";

type FeedUpdate = FeedUpdatesSubscription["feedUpdates"];

/** Lists begin with who came last, and are read again as a whole. */
export class Following {
  readonly #viewer: string | null;

  constructor(viewerId: string | null) {
    this.#viewer = viewerId === null ? null : entityOf(viewerId);
  }

  readonly afterFollow = ({ follow }: FollowMutation, _: unknown, cache: Cache): void => {
    if (follow.user) this.#forgetLists(cache, follow.user.id);
  };

  readonly afterUnfollow = ({ unfollow }: UnfollowMutation, _: unknown, cache: Cache): void => {
    if (unfollow.user) this.#forgetLists(cache, unfollow.user.id);
  };

  /** In another tab, or on another device; what this one has done is known already. */
  hear(update: FeedUpdate, cache: Cache): void {
    if (update.__typename === "FeedAuthorAdded") this.#hearOf(update.author.id, true, cache);
    if (update.__typename === "FeedAuthorRemoved") this.#hearOf(update.authorId, false, cache);
  }

  #hearOf(id: string, follows: boolean, cache: Cache): void {
    if (cache.resolve(entityOf(id), "viewerFollows") === follows) return;
    for (const field of ["viewerFollows", "followerCount"]) cache.invalidate(entityOf(id), field);
    this.#forgetLists(cache, id);
  }

  #forgetLists(cache: Cache, id: string): void {
    forget(cache, entityOf(id), "followers");
    if (!this.#viewer) return;
    forget(cache, this.#viewer, "following");
    cache.invalidate(this.#viewer, "followingCount");
  }
}

function entityOf(id: string): string {
  return `User:${id}`;
}

/** All pages of a list. */
function forget(cache: Cache, entity: string, list: string): void {
  for (const { fieldName, arguments: given } of cache.inspectFields(entity)) {
    if (fieldName === list) cache.invalidate(entity, fieldName, given);
  }
}
