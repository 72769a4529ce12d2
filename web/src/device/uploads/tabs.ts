/** The tabs of one viewer: one of them sends, all of them hear of it. */

import type { UploadStep } from "./model";

/** What a tab tells the others. */
export type Told =
  | { about: "changed" }
  | { about: "step"; key: string; step: UploadStep; fraction: number }
  | { about: "ready"; key: string; postId: string }
  | { about: "forgotten" };

/** Does `work` when no other tab does any; without locks, the server sees to it that nothing is twice. */
export async function alone(
  name: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  if (!("navigator" in globalThis && "locks" in navigator)) return work();
  await navigator.locks.request(name, { signal }, work);
}

/** What is said between tabs, while they are open. */
export class Tabs {
  readonly #channel: BroadcastChannel;

  constructor(name: string, onTold: (told: Told) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => {
      onTold(data);
    };
  }

  tell(told: Told): void {
    this.#channel.postMessage(told);
  }

  close(): void {
    this.#channel.close();
  }
}
