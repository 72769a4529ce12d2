// graphql-ws: its client; and bare sockets, for what no good client sends.
import { createClient } from "graphql-ws";
import { UNFOLLOW, UPDATES, VIEWER, bearer } from "./documents.mjs";

const PROTOCOL = "graphql-transport-ws";

const client = ({ ws, params, token }, on = {}) =>
  createClient({ url: ws, connectionParams: params ?? bearer(token), on, retryAttempts: 0 });

async function first(socket, request) {
  for await (const result of socket.iterate(request)) return result;
  return null;
}

export async function query(given) {
  return first(client(given), { query: VIEWER });
}

export async function mutation({ userId, ...given }) {
  return first(client(given), { query: UNFOLLOW, variables: { input: { userId } } });
}

export async function subscription({ after, ...given }, say) {
  const socket = client(given, { connected: () => say("connected") });
  const { data } = await first(socket, { query: UPDATES, variables: { after } });
  return data.feedUpdates;
}

// A connection that stays open, because something is listened to on it.
function kept(given) {
  const times = { opened: 0 };
  const socket = client(given, { opened: () => (times.opened += 1) });
  socket.subscribe({ query: UPDATES }, { next() {}, error() {}, complete() {} });
  return { socket, times };
}

// What an operation comes to: its first result, or its error message.
const outcome = (socket, request) =>
  first(socket, request).catch((errors) => ({ isErrorMessage: Array.isArray(errors), errors }));

// What is wrong with an operation is an error message; the socket goes on.
export async function survival({ document, ...given }) {
  const { socket, times } = kept(given);
  const refusal = await outcome(socket, { query: document });
  const { data } = await outcome(socket, { query: VIEWER });
  return { refusal, viewer: data?.viewer, ...times };
}

export async function refusal({ document, ...given }) {
  return outcome(client(given), { query: document });
}

// How the server ends a connection that the client opens, and would keep.
export async function ending(given, say) {
  const socket = client(given, { connected: () => say("connected") });
  const close = await first(socket, { query: UPDATES }).catch((error) => error);
  return { code: close?.code, reason: close?.reason };
}

// A bare socket sends these frames, and waits for the end.
export async function frames({ ws, protocol = PROTOCOL, send }) {
  const socket = new WebSocket(ws, protocol);
  const said = [];
  socket.onmessage = ({ data }) => said.push(JSON.parse(data));
  socket.onopen = () => send.forEach((frame) => socket.send(frame));
  const { code } = await new Promise((closed) => (socket.onclose = closed));
  return { code, said };
}

// A bare socket sends each frame once the one before is done with; returns what was said.
export async function dialogue({ ws, send }) {
  const socket = new WebSocket(ws, PROTOCOL);
  const said = [];
  await new Promise((done) => {
    const goOn = () => (send.length ? socket.send(send.shift()) : done());
    socket.onopen = goOn;
    socket.onclose = done;
    socket.onmessage = ({ data }) => {
      said.push(JSON.parse(data));
      if (said.at(-1).type !== "next") goOn();
    };
  });
  return said;
}

// The client wants a document in every operation; where only the hash goes, it is empty.
export async function persisted({ document, hash, ...given }) {
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
  const { socket, times } = kept(given);
  const miss = await outcome(socket, { query: "", extensions });
  const registered = await outcome(socket, { query: document, extensions });
  const hit = await outcome(socket, { query: "", extensions });
  return { miss, registered, hit, ...times };
}
