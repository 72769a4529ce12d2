/** What is known of the feed now: told to whoever watches, and kept on the device. */

import { Watchable } from "../watched";
import { NOTHING, recentOf, shownOf, type Known } from "./entries";
import type { FeedState } from "./model";
import { RecordKeeper, readRecord } from "./record";

const UNKNOWN: FeedState = {
  entries: NOTHING.entries,
  waiting: 0,
  hasMore: false,
  isLoading: false,
  isKnown: false,
  connection: "connecting",
  refusal: null,
};

export class Held {
  readonly state = new Watchable<FeedState>(UNKNOWN);
  /** As of which `known` holds; null if nothing is known. */
  moment: string | null = null;
  readonly #viewerId: string;
  readonly #keeper: RecordKeeper;
  #known: Known = NOTHING;

  constructor(viewerId: string) {
    this.#viewerId = viewerId;
    this.#keeper = new RecordKeeper(viewerId);
  }

  get known(): Known {
    return this.#known;
  }

  /** Takes what the device has kept from an earlier day, if it has; whether it has. */
  async recall(signal: AbortSignal): Promise<boolean> {
    const record = this.moment === null ? await readRecord(this.#viewerId) : null;
    if (signal.aborted) return false;
    this.#keeper.start(signal);
    if (!record) return false;
    const { moment, ...page } = record;
    this.moment = moment;
    this.know({ ...NOTHING, ...page }, { isKnown: true });
    return true;
  }

  /** Takes what is known as of `moment`, which has to be set before. */
  know(known: Known, patch: Partial<FeedState> = {}): void {
    const isChanged = known !== this.#known;
    this.#known = known;
    if (this.moment !== null) this.#keeper.keep({ ...recentOf(known), moment: this.moment });
    if (!isChanged) return;
    const { waiting, end } = known;
    const entries = shownOf(known);
    this.publish({ ...patch, entries, waiting: waiting.size, hasMore: end !== null });
  }

  publish(patch: Partial<FeedState>): void {
    this.state.set({ ...this.state.getSnapshot(), ...patch });
  }

  async forget(): Promise<void> {
    this.#known = NOTHING;
    this.moment = null;
    this.state.set(UNKNOWN);
    await this.#keeper.forget();
  }
}
