/** For tests: the feed of one viewer as the server tells it, from a log, in memory. */

import type { FeedPageQuery, PostFieldsFragment } from "../../../gql/graphql";
import { Refusal } from "../../refusals";
import type { FeedUpdate } from "../live";

interface Told {
  kind: "published" | "deleted" | "followed" | "unfollowed";
  authorId: string;
  post: PostFieldsFragment | null;
}

interface ModelPost extends PostFieldsFragment {
  /** What the server tells posts of one millisecond apart by. */
  number: number;
}

export type Answer = FeedPageQuery["feed"];

export class ModelServer {
  /** Moments below this are forgotten. */
  forgotten = 0;
  /** How many pages were read. */
  pagesRead = 0;
  readonly #log: Told[] = [];
  readonly #posts = new Map<string, ModelPost>();
  readonly #follows = new Set<string>();
  readonly #listeners = new Set<() => void>();

  get moment(): number {
    return this.#log.length;
  }

  get authors(): ReadonlySet<string> {
    return this.#follows;
  }

  publish(authorId: string, createdMs: number): string {
    const number = createdMs * 1000 + this.#log.length;
    const post = postOf(opaque(number), authorId, new Date(createdMs).toISOString());
    this.#posts.set(post.id, { ...post, number });
    this.#tell({ kind: "published", authorId, post });
    return post.id;
  }

  delete(id: string): void {
    const post = this.#posts.get(id);
    if (!post) return;
    this.#posts.delete(id);
    this.#tell({ kind: "deleted", authorId: post.author.id, post });
  }

  follow(authorId: string): void {
    if (this.#follows.has(authorId)) return;
    this.#follows.add(authorId);
    this.#tell({ kind: "followed", authorId, post: null });
  }

  unfollow(authorId: string): void {
    if (!this.#follows.delete(authorId)) return;
    this.#tell({ kind: "unfollowed", authorId, post: null });
  }

  forget(): void {
    this.forgotten = this.moment;
  }

  /** The whole feed as it is, newest first. */
  feed(): PostFieldsFragment[] {
    return [...this.#posts.values()]
      .filter(({ author }) => this.#follows.has(author.id))
      .sort((one, other) => other.number - one.number);
  }

  ids(): string[] {
    return this.feed().map(({ id }) => id);
  }

  page(first: number, after: string | null): Answer {
    this.pagesRead += 1;
    const before = after === null ? Infinity : numberOf(after, "place");
    const below = this.feed().filter(({ id }) => this.#numbered(id) < before);
    const edges = below.slice(0, first).map((node) => ({
      __typename: "FeedEdge" as const,
      cursor: `place ${this.#numbered(node.id)}`,
      node,
    }));
    return {
      __typename: "FeedConnection",
      edges,
      pageInfo: {
        __typename: "PageInfo",
        hasNextPage: below.length > first,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
      updatesCursor: `moment ${this.moment}`,
    };
  }

  /** The next update behind a moment, if anything has happened that concerns the viewer. */
  next(after: string): FeedUpdate | null {
    const moment = numberOf(after, "moment");
    if (moment < this.forgotten) return { __typename: "FeedGap", cursor: `moment ${this.moment}` };
    const followed = this.#followedAt(moment);
    for (let at = moment; at < this.#log.length; at += 1) {
      const update = this.#updateOf(at, followed);
      if (update) return update;
    }
    return null;
  }

  /** Calls `listener` whenever something happens. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(told: Told): void {
    this.#log.push(told);
    for (const listener of [...this.#listeners]) listener();
  }

  #followedAt(moment: number): Set<string> {
    const followed = new Set<string>();
    for (const { kind, authorId } of this.#log.slice(0, moment)) {
      if (kind === "followed") followed.add(authorId);
      if (kind === "unfollowed") followed.delete(authorId);
    }
    return followed;
  }

  #updateOf(at: number, followed: Set<string>): FeedUpdate | null {
    const told = this.#log[at];
    if (!told) return null;
    const cursor = `moment ${at + 1}`;
    const { kind, authorId, post } = told;
    if (kind === "unfollowed") return { __typename: "FeedAuthorRemoved", cursor, authorId };
    if (kind === "followed") {
      const author = { __typename: "User" as const, id: authorId };
      return { __typename: "FeedAuthorAdded", cursor, author };
    }
    return post && followed.has(authorId) ? this.#updateOfPost(kind, post, cursor) : null;
  }

  #updateOfPost(kind: Told["kind"], post: PostFieldsFragment, cursor: string): FeedUpdate | null {
    if (kind === "deleted") return { __typename: "FeedPostRemoved", cursor, postId: post.id };
    return this.#posts.has(post.id) ? { __typename: "FeedPostAdded", cursor, post } : null;
  }

  #numbered(id: string): number {
    return this.#posts.get(id)?.number ?? 0;
  }
}

export function postOf(id: string, authorId: string, createdAt: string): PostFieldsFragment {
  return {
    __typename: "Post",
    id,
    createdAt,
    description: "",
    altText: null,
    status: "READY",
    failure: null,
    author: { __typename: "User", id: authorId, username: authorId, displayName: authorId },
    image: null,
  };
}

/** Ids of another order than the numbers in them, as Base64 has it. */
function opaque(number: number): string {
  return Array.from(String(number)).reverse().join("");
}

function numberOf(cursor: string, kind: "place" | "moment"): number {
  const [named, number] = cursor.split(" ");
  if (named !== kind) throw new Refusal("BAD_USER_INPUT", "That is not a cursor of this list");
  return Number(number);
}
