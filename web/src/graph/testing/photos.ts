/** Posts and accounts as the server answers with them. */

import { idOf } from "./accounts";

export function account(username: string) {
  const counts = { followerCount: 1, followingCount: 2, postCount: 3, viewerFollows: true };
  return { __typename: "User", id: idOf(username), username, displayName: username, ...counts };
}

/** @param number Greater for later ones. */
export function photo(number: number, username = `Author${number}`) {
  const url = `https://cdn.test/${number}/320.webp`;
  const size = { width: 320, height: 240 };
  return {
    __typename: "Post",
    id: `post-${number}`,
    createdAt: new Date(1_800_000_000_000 + number * 1000).toISOString(),
    description: `Photo ${number}`,
    altText: null,
    status: "READY",
    failure: null,
    author: account(username),
    image: { url, ...size, thumbhash: "", variants: [{ url, ...size, format: "WEBP" }] },
  };
}

export function page(posts: readonly ReturnType<typeof photo>[]) {
  return {
    edges: posts.map((node) => ({ node, cursor: node.id })),
    pageInfo: { hasNextPage: true, endCursor: posts.at(-1)?.id ?? null },
    updatesCursor: "now",
  };
}
