/** Reads pages of the feed from the server. */

import { FeedPageDocument, type PostFieldsFragment } from "../../gql/graphql";
import type { Graph } from "../graph";
import type { Page, Placed } from "./entries";

/** The most that one page may have. */
const PAGE_MAX_POSTS = 100;

export interface ReadPage extends Page {
  posts: readonly PostFieldsFragment[];
  /** When it was read, to listen from. */
  moment: string;
}

export interface Wish {
  first: number;
  /** Null: from the top. */
  after: string | null;
}

/** @throws {Refusal} BAD_USER_INPUT: the server does not know the place any more. */
export async function readPage(graph: Graph, wish: Wish, signal: AbortSignal): Promise<ReadPage> {
  const { feed } = await graph.ask(FeedPageDocument, wish, { signal });
  signal.throwIfAborted();
  const entries = feed.edges.map(({ cursor, node }) => placed(node, cursor));
  const last = entries.at(-1);
  const { hasNextPage, endCursor } = feed.pageInfo;
  return {
    entries,
    end: hasNextPage && last ? { createdAt: last.createdAt, cursor: endCursor } : null,
    posts: feed.edges.map(({ node }) => node),
    moment: feed.updatesCursor,
  };
}

/**
 * The newest `count` posts, in as many pages as they take. The moment is that of the first page:
 * what happens while the others are read is heard once more, which changes nothing.
 */
export async function readAnew(
  graph: Graph,
  count: number,
  signal: AbortSignal,
): Promise<ReadPage> {
  let read = await readPage(graph, { first: Math.min(count, PAGE_MAX_POSTS), after: null }, signal);
  while (read.end && read.entries.length < count) {
    const first = Math.min(count - read.entries.length, PAGE_MAX_POSTS);
    const next = await readPage(graph, { first, after: read.end.cursor }, signal);
    read = joined(read, next);
  }
  return read;
}

/** A post as an entry, and the place behind it, if that is known. */
export function placed(post: PostFieldsFragment, cursor: string | null): Placed {
  return { id: post.id, createdAt: post.createdAt, authorId: post.author.id, cursor };
}

function joined(read: ReadPage, next: ReadPage): ReadPage {
  return {
    entries: [...read.entries, ...next.entries],
    end: next.end,
    posts: [...read.posts, ...next.posts],
    moment: read.moment,
  };
}
