/** The GraphQL client of one viewer. */

import {
  Client,
  fetchExchange,
  makeOperation,
  mapExchange,
  subscriptionExchange,
  type Exchange,
} from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

import type { Graph } from "../device/graph";
import type { PostFieldsFragment } from "../gql/graphql";
import type { Session } from "../session/model";
import { createGraph } from "./asking";
import { authorizedFetch, authorizingOnly } from "./authorized";
import { normalisedCache } from "./cache";
import { hashOf } from "./documents";
import { createSocket } from "./socket";
import { keptCache, type KeptCache } from "./storage";
import { ownServer, type Server } from "./transport";

export interface ClientOptions {
  session: Session;
  /** Null for visitors, of whom nothing is kept. */
  viewerId: string | null;
  /** Ids of the posts that stay on the device. */
  keeps: () => Promise<readonly string[]>;
  /** Called with a post that was deleted, here or elsewhere, after it has left all pages. */
  onRemoved?: (post: PostFieldsFragment) => void;
  surroundings?: ClientSurroundings;
}

/** What a client finds in a browser, and tests hand in. */
export interface ClientSurroundings {
  server: Server;
  /** Tells when the network is gone. */
  events: EventTarget;
  /** Tells when the page may be gone any moment. */
  visibility: EventTarget;
}

export interface ViewerClient {
  client: Client;
  graph: Graph;
  /** Writes what stays on the device now, not in a moment. */
  save: () => Promise<void>;
  /** Ends it, and takes everything off the device. */
  forget: () => Promise<void>;
}

export function createClient({
  session,
  viewerId,
  keeps,
  onRemoved = () => undefined,
  surroundings = ofBrowser(),
}: ClientOptions): ViewerClient {
  const { server, events, visibility } = surroundings;
  const authorizing = authorizingOnly(session, viewerId);
  const kept = viewerId === null ? null : keptCache({ viewerId, keeps, visibility });
  const socket = createSocket({
    url: server.url.replace(/^http/, "ws"),
    authorization: () => authorizing.authorization(),
    events,
  });
  const client = new Client({
    url: server.url,
    fetch: authorizedFetch(authorizing),
    preferGetMethod: false,
    exchanges: [
      ...(kept ? [afterReading(kept)] : []),
      normalisedCache({ storage: kept, viewerId, onRemoved }),
      ...(server.knowsDocuments ? byHash() : []),
      fetchExchange,
      subscriptionExchange({ forwardSubscription: (...asked) => socket.forward(...asked) }),
    ],
  });
  return {
    client,
    graph: createGraph({ client, socket, renew: () => authorizing.renew() }),
    save: async () => kept?.save(),
    forget: async () => {
      socket.close();
      await kept?.forget();
    },
  };
}

function ofBrowser(): ClientSurroundings {
  return { server: ownServer(), events: window, visibility: document };
}

/** What is on the device is not asked for: operations wait until that is known. */
function afterReading({ isRead }: KeptCache): Exchange {
  let isOver = false;
  const waiting = isRead.then(() => {
    isOver = true;
  });
  return mapExchange({
    onOperation: (operation) => (isOver ? operation : waiting.then(() => operation)),
  });
}

function byHash(): Exchange[] {
  return [
    persistedExchange({
      preferGetForPersistedQueries: false,
      enableForMutation: true,
      enableForSubscriptions: true,
      generateHash: (_, document) => Promise.resolve(hashOf(document)),
    }),
    // The text that is sent then is not, letter for letter, the one that was hashed.
    mapExchange({
      onOperation: (operation) => {
        const { persistedQuery, ...others } = operation.extensions ?? {};
        if (!persistedQuery?.miss) return operation;
        return makeOperation(operation.kind, { ...operation, extensions: others });
      },
    }),
  ];
}
