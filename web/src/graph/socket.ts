/** The one WebSocket of a client, opened when something is listened to. */

import type { SubscriptionForwarder } from "@urql/core";
import { createClient, type Client, type Sink, type SubscribePayload } from "graphql-ws";

export interface Socket {
  forward: SubscriptionForwarder;
  /** Calls `listener` once, as soon as the server has taken us in; the function returned stops it. */
  whenOpen(listener: () => void): () => void;
  /** Ends it for good. */
  close(): void;
}

export interface SocketOptions {
  url: string;
  authorization: () => Promise<Record<string, string>>;
  /** Tells when the network is gone; a window. */
  events: EventTarget;
}

/** The server's close codes; see FRONTEND.md. */
export const SESSION_OVER = 4403;

/** It does not come back by itself: only who listens knows the moment to go on from. */
export function createSocket({ url, authorization, events }: SocketOptions): Socket {
  const opened = new Set<() => void>();
  let current: WebSocket | undefined;
  const client = createClient({
    url,
    connectionParams: authorization,
    retryAttempts: 0,
    keepAlive: PING_EVERY_MS,
    on: {
      connected: (socket) => {
        current = socket as WebSocket;
        for (const listener of opened) listener();
        opened.clear();
      },
      ...endIfSilent(() => {
        client.terminate();
      }),
    },
  });
  // Browsers keep a socket for minutes that leads nowhere any more.
  const terminate = () => {
    client.terminate();
  };
  events.addEventListener("offline", terminate);
  return {
    forward: forwardTo(client),
    whenOpen: (listener) => {
      if (current?.readyState === WebSocket.OPEN) listener();
      else opened.add(listener);
      return () => opened.delete(listener);
    },
    close: () => {
      events.removeEventListener("offline", terminate);
      void client.dispose();
    },
  };
}

const PING_EVERY_MS = 15_000;
const PONG_MAX_MS = 5_000;

function forwardTo(client: Client): SubscriptionForwarder {
  return ({ query, operationName, variables, extensions }) => {
    // Without its text it is known by its hash, and the protocol wants some text.
    const asked: SubscribePayload = {
      query: query ?? "",
      variables: variables ?? null,
      ...(operationName ? { operationName } : {}),
      ...(extensions ? { extensions: { ...extensions } } : {}),
    };
    return {
      subscribe: (sink) => ({
        // Two libraries name the same answer differently.
        unsubscribe: client.subscribe(asked, sink as Sink),
      }),
    };
  };
}

function endIfSilent(end: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    ping: (isReceived: boolean) => {
      if (!isReceived) timer = setTimeout(end, PONG_MAX_MS);
    },
    pong: (isReceived: boolean) => {
      if (isReceived) clearTimeout(timer);
    },
  };
}
