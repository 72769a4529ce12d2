/** How high each card of the feed is going to be, from what is known of its post. */

import type { Client } from "urql";

import { PostByIdDocument } from "../gql/graphql";
import { cardHeight } from "../posts/heights";
import type { Column } from "./column";

export class Heights {
  readonly #client: Client;
  readonly #column: Column;
  readonly #known = new Map<string, number>();

  constructor(client: Client, column: Column) {
    this.#client = client;
    this.#column = column;
  }

  /** In pixels. Looks at the cache only, and at each post once. */
  of(postId: string): number {
    const known = this.#known.get(postId);
    if (known !== undefined) return known;
    const { widthPx, remPx } = this.#column;
    const post = this.#read(postId);
    const height = cardHeight(post, widthPx, remPx);
    if (post) this.#known.set(postId, height);
    return height;
  }

  #read(id: string) {
    const options = { requestPolicy: "cache-only" } as const;
    return this.#client.readQuery(PostByIdDocument, { id }, options)?.data?.post ?? null;
  }
}
