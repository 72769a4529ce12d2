/** The pictures that are kept on the device. */

import type { PostFieldsFragment } from "../gql/graphql";

export interface PictureOf {
  /** Every address that shows the post's picture. */
  urls: readonly string[];
}

/** The picture of a post; of none, if it is not ready. */
export function pictureOf({ image }: Pick<PostFieldsFragment, "image">): PictureOf {
  return { urls: image ? [image.url, ...image.variants.map(({ url }) => url)] : [] };
}

/**
 * The pictures of the signed-in person's recent posts. Nothing here fails: a device without room, or
 * a browser that keeps nothing, shows its pictures from the network.
 */
export interface Pictures {
  /**
   * Keeps one variant of each, if none is there yet; not where data is to be saved. In any order,
   * all at once or as posts come in: of all that were handed in, the newest RECENT_POSTS stay.
   */
  keep(pictures: readonly PictureOf[]): void;
  /** Removes a deleted post's picture, all variants, whether it was kept or only seen. */
  remove(picture: PictureOf): Promise<void>;
  /** Removes all of them. */
  forget(): Promise<void>;
}
