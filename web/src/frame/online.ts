/** Whether there is a network, as far as the browser knows. */

import type { Watched } from "../device/watched";

export const online: Watched<boolean> = {
  getSnapshot: () => navigator.onLine,
  subscribe: (listener) => {
    addEventListener("online", listener);
    addEventListener("offline", listener);
    return () => {
      removeEventListener("online", listener);
      removeEventListener("offline", listener);
    };
  },
};
