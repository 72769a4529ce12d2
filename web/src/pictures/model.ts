/** The pictures that are kept on the device. */

export interface PictureOf {
  /** Every address that shows the post's picture. */
  urls: readonly string[];
}

/** What the page asks of the service worker. */
export interface Pictures {
  /** Keeps one variant of each, if none is there yet; not where data is to be saved. */
  keep(pictures: readonly PictureOf[]): void;
  /** Removes a deleted post's picture. */
  remove(picture: PictureOf): Promise<void>;
  /** Removes all of them. */
  forget(): Promise<void>;
}
