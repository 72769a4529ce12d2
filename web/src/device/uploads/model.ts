/** A photo on its way: what is kept on the device until it is a post. */

import type { PreparedPhoto } from "../photo/model";
import type { Refusal } from "../refusals";
import type { Watched } from "../watched";

/**
 * - waiting: for its turn, or for the network to come back
 * - sending: its bytes are on their way
 * - publishing: the bytes are there, the post is being made
 * - processing: the server is compressing it
 * - ready: everybody can see it
 * - refused: the server will not have it; see `refusal`
 */
export type UploadStep = "waiting" | "sending" | "publishing" | "processing" | "ready" | "refused";

export interface UploadText {
  description: string;
  altText: string;
}

export interface UploadState extends UploadText {
  /** Its name on this device, as long as it is there. */
  key: string;
  step: UploadStep;
  /** Of its bytes, while it is being sent: 0 to 1. */
  fraction: number;
  bytes: number;
  originalBytes: number;
  photo: Blob;
  /** Once it is published. */
  postId: string | null;
  refusal: Refusal | null;
}

/** All photos of one viewer on their way, oldest first. */
export interface Uploads extends Watched<readonly UploadState[]> {
  /** Keeps a photo on the device, then sends it; its key. @throws {Refusal} STORAGE_FULL, TOO_MANY_UPLOADS */
  add(photo: PreparedPhoto, text: UploadText): Promise<string>;
  /** Tries a refused one again. */
  retry(key: string): Promise<void>;
  /** Takes one off the device. A post that was made of it stays. */
  discard(key: string): Promise<void>;
  /** Goes on with what is there. */
  start(): void;
  stop(): void;
  /** Takes everything off the device. */
  forget(): Promise<void>;
}
