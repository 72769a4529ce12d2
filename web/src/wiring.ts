/** The one place where the parts meet. */

import type { Client } from "@urql/core";

import { createFeed } from "./device/feed/feed";
import { RECENT_POSTS } from "./device/feed/model";
import { recentPostIds } from "./device/feed/record";
import { createUploads, uploadsDatabase } from "./device/uploads/uploads";
import { Watchable, type Watched } from "./device/watched";
import type { SignedIn, Surroundings } from "./frame/context";
import { PostByIdDocument, type PostFieldsFragment } from "./gql/graphql";
import { authorizingOnly } from "./graph/authorized";
import { createClient } from "./graph/client";
import { ownServer } from "./graph/transport";
import { pictureOf, type Pictures } from "./pictures/model";
import { createPictures } from "./pictures/pictures";
import type { Session, Viewer } from "./session/model";
import { createSession } from "./session/session";

/** Everything that pages find around them, as it is for who is signed in. */
export function createSurroundings(): Watched<Surroundings> {
  const session = createSession();
  const pictures = createPictures();
  let viewer = session.getSnapshot();
  let part = viewer ? viewerPart(session, pictures, viewer) : visitorPart(session);
  const surroundings = new Watchable<Surroundings>({ session, ...part.around });
  let isClear = viewer ? Promise.resolve() : clearDevice(session, pictures);
  const begin = ({ start }: Part) => void isClear.then(start);
  begin(part);
  session.subscribe(() => {
    viewer = session.getSnapshot();
    const last = part;
    part = viewer ? viewerPart(session, pictures, viewer) : visitorPart(session);
    surroundings.set({ session, ...part.around });
    const awaited = session.endedFor();
    // Nobody begins before the device has nothing more of who was there before.
    isClear = isClear.then(() => Promise.race([last.end(awaited), waited(END_MAX_MS)]));
    begin(part);
  });
  return surroundings;
}

/** A tab that holds on to what is to be deleted does not keep anybody from signing in for longer. */
const END_MAX_MS = 5_000;
/** All names of the device's databases begin so. */
const DATABASES = "photofeed-";

interface Part {
  around: Omit<Surroundings, "session">;
  start: () => void;
  /**
   * Stops it, and takes everything of it off the device; but photos on their way wait if it is
   * whose session has ended by itself.
   */
  end: (awaited: string | null) => Promise<void>;
}

function visitorPart(session: Session): Part {
  const { client, forget } = createClient({
    session,
    viewerId: null,
    keeps: () => Promise.resolve([]),
  });
  return { around: { client, signedIn: null }, start: () => undefined, end: forget };
}

function viewerPart(session: Session, pictures: Pictures, viewer: Viewer): Part {
  const viewerId = viewer.id;
  const { client, graph, save, forget } = createClient({
    session,
    viewerId,
    keeps: async () => [
      ...(await recentPostIds(viewerId)),
      ...feed
        .getSnapshot()
        .entries.slice(0, RECENT_POSTS)
        .map(({ id }) => id),
    ],
    onRemoved: (post) => void pictures.remove(pictureOf(post)),
  });
  const feed = createFeed({
    graph,
    viewerId,
    onPosts: (posts) => {
      pictures.keep(posts.map(pictureOf));
    },
    onRemoved: (ids) => {
      for (const post of cached(client, ids)) void pictures.remove(pictureOf(post));
      void save();
    },
  });
  const uploads = createUploads({
    graph,
    authorization: () => authorizingOnly(session, viewerId).authorization(),
    endpoint: new URL(ownServer().url),
    viewerId,
  });
  const signedIn: SignedIn = { viewer, feed, uploads, pictures };
  return {
    around: { client, signedIn },
    start: () => {
      void deleteDatabases(uploadsDatabase(""), uploadsDatabase(viewerId));
      feed.start();
      uploads.start();
    },
    end: async (awaited) => {
      if (awaited === viewerId) uploads.stop();
      await Promise.allSettled([feed.forget(), awaited === viewerId || uploads.forget()]);
      await Promise.allSettled([forget(), pictures.forget()]);
    },
  };
}

function cached(client: Client, ids: readonly string[]): PostFieldsFragment[] {
  const read = (id: string) =>
    client.readQuery(PostByIdDocument, { id }, { requestPolicy: "cache-only" })?.data?.post;
  return ids.map(read).filter((post) => post != null);
}

/** Signing out may have been cut off: the tab killed, the device switched off. */
async function clearDevice(session: Session, pictures: Pictures): Promise<void> {
  const awaited = session.endedFor();
  await deleteDatabases(DATABASES, awaited === null ? null : uploadsDatabase(awaited));
  await pictures.forget();
}

/** All whose names begin so, but for one. */
async function deleteDatabases(prefix: string, but: string | null): Promise<void> {
  const databases = await indexedDB.databases().catch(() => []);
  for (const { name } of databases) {
    if (name?.startsWith(prefix) && name !== but) indexedDB.deleteDatabase(name);
  }
}

function waited(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
