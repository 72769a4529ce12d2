/** What is said of a post in its place. */

import type { PostFieldsFragment } from "../gql/graphql";

type Described = Pick<PostFieldsFragment, "altText" | "author">;

export function titleOf({ author }: Pick<PostFieldsFragment, "author">): string {
  return `Photo by ${author.displayName}`;
}

/** What is to be seen, for those who cannot see it. */
export function altOf(post: Described): string {
  if (post.altText) return post.altText;
  return `${titleOf(post)}, without a description`;
}
