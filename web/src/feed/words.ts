/** What is said of the feed. */

export function newPosts(count: number): string {
  return count === 1 ? "1 new post" : `${count} new posts`;
}
