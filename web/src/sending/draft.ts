/** The photo that is being written about: chosen, prepared meanwhile, and at last put into the queue. */

import type { PreparedPhoto, PreparingOptions } from "../device/photo/model";
import { Refusal } from "../device/refusals";
import type { Uploads, UploadText } from "../device/uploads/model";
import { Watchable, type Watched } from "../device/watched";

export const DESCRIPTION_MAX = 2_200;
export const ALT_TEXT_MAX = 1_000;

export interface DraftState extends UploadText {
  /** Of what was chosen; null before. */
  previewUrl: string | null;
  originalBytes: number;
  keepsOriginal: boolean;
  /** Of preparing: 0 to 1. */
  fraction: number;
  prepared: PreparedPhoto | null;
  isPosting: boolean;
  /** Why it cannot be prepared, or be put into the queue. */
  refusal: Refusal | null;
}

type Prepare = (file: Blob, options: PreparingOptions) => Promise<PreparedPhoto>;

const EMPTY: DraftState = {
  previewUrl: null,
  originalBytes: 0,
  description: "",
  altText: "",
  keepsOriginal: false,
  fraction: 0,
  prepared: null,
  isPosting: false,
  refusal: null,
};

export class Draft implements Watched<DraftState> {
  readonly #state = new Watchable<DraftState>(EMPTY);
  readonly getSnapshot = this.#state.getSnapshot;
  readonly subscribe = this.#state.subscribe;
  readonly #prepare: Prepare;
  #file: Blob | null = null;
  #preparing: { photo: Promise<PreparedPhoto | null>; controller: AbortController } | null = null;

  constructor(prepare: Prepare) {
    this.#prepare = prepare;
  }

  /** Takes another photo; what is written already stays. */
  choose(file: Blob): void {
    this.#revoke();
    this.#file = file;
    this.#set({ previewUrl: URL.createObjectURL(file), originalBytes: file.size });
    this.#beginPreparing(file);
  }

  write(text: Partial<UploadText>): void {
    this.#set(text);
  }

  setKeepsOriginal(keepsOriginal: boolean): void {
    this.#set({ keepsOriginal });
    if (this.#file) this.#beginPreparing(this.#file);
  }

  /** Puts it into the queue as soon as it is prepared; whether it is there. */
  async post(uploads: Pick<Uploads, "add">): Promise<boolean> {
    if (this.getSnapshot().isPosting) return false;
    this.#set({ isPosting: true });
    try {
      // Another may have been chosen while this one was being prepared.
      const photo = await this.#prepared();
      if (!photo) return false;
      this.#set({ refusal: null });
      const { description, altText } = this.getSnapshot();
      await uploads.add(photo, { description: description.trim(), altText: altText.trim() });
      this.reset();
      return true;
    } catch (error) {
      this.#set({ refusal: refusalOf(error) });
      return false;
    } finally {
      this.#set({ isPosting: false });
    }
  }

  /** The page is left: what was posted already is still put into the queue. */
  leave(): void {
    if (!this.getSnapshot().isPosting) this.reset();
  }

  /** Begins a new one; also lets go of what the old one held. */
  reset(): void {
    this.#preparing?.controller.abort();
    this.#preparing = null;
    this.#revoke();
    this.#file = null;
    this.#state.set(EMPTY);
  }

  async #prepared(): Promise<PreparedPhoto | null> {
    let preparing = this.#preparing;
    let photo = await preparing?.photo;
    while (preparing !== this.#preparing) {
      preparing = this.#preparing;
      photo = await preparing?.photo;
    }
    return photo ?? null;
  }

  #beginPreparing(file: Blob): void {
    this.#preparing?.controller.abort();
    const controller = new AbortController();
    this.#set({ fraction: 0, prepared: null, refusal: null });
    this.#preparing = { controller, photo: this.#prepareOne(file, controller.signal) };
  }

  async #prepareOne(file: Blob, signal: AbortSignal): Promise<PreparedPhoto | null> {
    const tell = (change: Partial<DraftState>) => {
      if (!signal.aborted) this.#set(change);
    };
    try {
      const prepared = await this.#prepare(file, {
        keepsOriginal: this.getSnapshot().keepsOriginal,
        signal,
        onProgress: (fraction) => {
          tell({ fraction });
        },
      });
      tell({ prepared, fraction: 1 });
      return prepared;
    } catch (error) {
      tell({ refusal: refusalOf(error) });
      return null;
    }
  }

  #revoke(): void {
    const { previewUrl } = this.getSnapshot();
    if (previewUrl) URL.revokeObjectURL(previewUrl);
  }

  #set(change: Partial<DraftState>): void {
    this.#state.set({ ...this.getSnapshot(), ...change });
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal("UNREADABLE_PHOTO", "The photo cannot be prepared.", { cause: error });
}
