/** What pages find around them. */

import type { Client } from "@urql/core";
import { createContext, useContext, useSyncExternalStore } from "react";

import type { Feed } from "../device/feed/model";
import type { Uploads } from "../device/uploads/model";
import type { Watched } from "../device/watched";
import type { Pictures } from "../pictures/model";
import type { Session, Viewer } from "../session/model";

/** What is there while somebody is signed in. */
export interface SignedIn {
  viewer: Viewer;
  feed: Feed;
  uploads: Uploads;
  pictures: Pictures;
}

export interface Surroundings {
  session: Session;
  /** Null for visitors. */
  signedIn: SignedIn | null;
  /** Of who is signed in, or of visitors: what one of them was shown is nothing to another. */
  client: Client;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const surroundings = useContext(SurroundingsContext);
  if (!surroundings) throw new Error("There is nothing around this page.");
  return surroundings;
}

/** For pages that are shown to nobody else. */
export function useSignedIn(): SignedIn {
  const { signedIn } = useSurroundings();
  if (!signedIn) throw new Error("Nobody is signed in.");
  return signedIn;
}

export function useWatched<Value>(watched: Watched<Value>): Value {
  return useSyncExternalStore(watched.subscribe, watched.getSnapshot);
}
