/** Photos on their way as they are written down on the device, one database a viewer. */

import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { UploadText } from "./model";

/**
 * How far a photo has come for sure; where it goes on after whatever happened.
 *
 * - new: nothing was sent
 * - form: a form may be on its way, or have arrived; it is sent once
 * - resumable: its bytes go on at `address`, once there is one
 * - sent: its bytes are there, as far as we know
 * - posted: it is a post
 * - refused: nobody but the person can help
 */
export type Stage =
  | { at: "new" }
  | { at: "form"; uploadId: string }
  | { at: "resumable"; address: string | null }
  | { at: "sent"; uploadId: string }
  | { at: "posted"; postId: string }
  | { at: "refused"; code: string; message: string; path: readonly string[]; isPosted: boolean };

export interface KeptUpload extends UploadText {
  key: string;
  idempotencyKey: string;
  /** Its place in the queue. */
  order: number;
  contentType: string;
  bytes: number;
  originalBytes: number;
  stage: Stage;
}

export type Change = Partial<Pick<KeptUpload, "stage" | "idempotencyKey">>;

interface Tables extends DBSchema {
  uploads: { key: string; value: KeptUpload };
  /** Apart, so that they are not written again with every step. */
  photos: { key: string; value: Blob };
}

/** The database, opened when it is first needed. */
export class Kept {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<Tables>> | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  /** All of them, oldest first. */
  async all(): Promise<KeptUpload[]> {
    const database = await this.#open();
    const uploads = await database.getAll("uploads");
    return uploads.sort((one, other) => one.order - other.order);
  }

  async find(key: string): Promise<KeptUpload | undefined> {
    return (await this.#open()).get("uploads", key);
  }

  async photo(key: string): Promise<Blob | undefined> {
    return (await this.#open()).get("photos", key);
  }

  /** Writes both or neither; false if there are `most` already. */
  async add(upload: Omit<KeptUpload, "order">, photo: Blob, most: number): Promise<boolean> {
    const database = await this.#open();
    const writing = database.transaction(["uploads", "photos"], "readwrite", {
      durability: "strict",
    });
    const uploads = writing.objectStore("uploads");
    const earlier = await uploads.getAll();
    const hasRoom = earlier.length < most;
    if (hasRoom) {
      const order = Math.max(0, ...earlier.map((one) => one.order)) + 1;
      // A refusal of either also ends the transaction, which says why.
      const written = [
        uploads.add({ ...upload, order }),
        writing.objectStore("photos").add(photo, upload.key),
      ];
      await Promise.all([...written, writing.done]);
    }
    await writing.done;
    return hasRoom;
  }

  /** As it is then; null if it was discarded meanwhile. */
  async change(key: string, change: Change): Promise<KeptUpload | null> {
    const writing = (await this.#open()).transaction("uploads", "readwrite");
    const upload = await writing.store.get(key);
    const changed = upload ? { ...upload, ...change } : null;
    if (changed) await writing.store.put(changed);
    await writing.done;
    return changed;
  }

  async remove(key: string): Promise<void> {
    const writing = (await this.#open()).transaction(["photos", "uploads"], "readwrite");
    await Promise.all([
      writing.objectStore("photos").delete(key),
      writing.objectStore("uploads").delete(key),
      writing.done,
    ]);
  }

  async forget(): Promise<void> {
    await this.close();
    await deleteDB(this.#name);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    // What could not be opened has nothing to close.
    const database = await opened?.catch(() => null);
    database?.close();
  }

  #open(): Promise<IDBPDatabase<Tables>> {
    this.#opened ??= openDB<Tables>(this.#name, 1, {
      upgrade: (database) => {
        database.createObjectStore("uploads", { keyPath: "key" });
        database.createObjectStore("photos");
      },
      // Another tab forgets everything, and waits for us.
      blocking: () => void this.close(),
      terminated: () => {
        this.#opened = null;
      },
    }).catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }
}
