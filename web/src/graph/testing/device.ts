/** A device with tabs: one storage and one set of locks for all, and events that tell the others. */

import type { SessionSurroundings } from "../../session/session";
import type { ClientSurroundings } from "../client";
import type { TestServer } from "./server";

export interface Tab extends SessionSurroundings, ClientSurroundings {
  /** What another tab's storage tells, and a window that is offline. */
  events: EventTarget;
}

export class Device {
  readonly items = new Map<string, string>();
  readonly #tabs: Tab[] = [];
  readonly #lockName = crypto.randomUUID();

  openTab(server: TestServer, { knowsDocuments = false } = {}): Tab {
    const tab: Tab = {
      server: { url: server.url, knowsDocuments },
      events: new EventTarget(),
      visibility: new EventTarget(),
      locks: {
        request: ((name: string, run: () => unknown) =>
          navigator.locks.request(`${this.#lockName}-${name}`, run)) as LockManager["request"],
      },
      storage: this.#storageOf(() => tab),
    };
    this.#tabs.push(tab);
    return tab;
  }

  #storageOf(own: () => Tab): Storage {
    const { items } = this;
    const tell = (key: string) => {
      for (const tab of this.#tabs) {
        if (tab === own()) continue;
        tab.events.dispatchEvent(Object.assign(new Event("storage"), { key }));
      }
    };
    return {
      get length() {
        return items.size;
      },
      key: (index) => [...items.keys()][index] ?? null,
      clear: () => {
        items.clear();
      },
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => {
        items.set(key, value);
        tell(key);
      },
      removeItem: (key) => {
        items.delete(key);
        tell(key);
      },
    };
  }
}

/** Waits until something holds, at most a few seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It never came to hold: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
