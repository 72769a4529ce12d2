/** Who follows whom, as the server knows it. */

import { usernameOf } from "./accounts";
import { account } from "./photos";

export class Follows {
  readonly #edges = new Set<string>();

  change(follower: string, followedId: string, follows: boolean) {
    const edge = edgeOf(follower, usernameOf(followedId));
    if (follows) this.#edges.add(edge);
    else this.#edges.delete(edge);
    return { user: this.user(usernameOf(followedId), follower), errors: [] };
  }

  /** An account as a viewer sees it. */
  user(username: string, viewer: string | undefined): object {
    const edges = [...this.#edges].map((edge) => edge.split(" "));
    const followers = edges.filter(([, followed]) => followed === username).map(([name]) => name);
    const following = edges.filter(([name]) => name === username).map(([, followed]) => followed);
    const list = (names: (string | undefined)[]) => () => ({
      edges: names.map((name = "") => ({ node: this.user(name, viewer), cursor: name })),
      pageInfo: { hasNextPage: false, endCursor: names.at(-1) ?? null },
    });
    return {
      ...account(username),
      followerCount: followers.length,
      followingCount: following.length,
      viewerFollows: viewer !== undefined && this.#edges.has(edgeOf(viewer, username)),
      followers: list(followers),
      following: list(following),
    };
  }
}

function edgeOf(follower: string, followed: string): string {
  return `${follower} ${followed}`;
}
