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

// Errors come as an error message, or as a result that has nothing else.
const outcome = async (socket, request) =>
  (await first(socket, request).catch((errors) => ({ errors }))) ?? {};

// What is wrong with a document is an error message of its operation; the socket goes on.
export async function survival({ document, ...given }) {
  const { socket, times } = kept(given);
  const { errors } = await outcome(socket, { query: document });
  const { data } = await outcome(socket, { query: VIEWER });
  return { errors, viewer: data?.viewer, ...times };
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

// Operations without a document: one whose hash is unknown, with it, then by the hash alone.
export async function persisted({ document, hash, ...given }) {
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
  const { socket, times } = kept(given);
  const miss = await outcome(socket, { extensions });
  const registered = await outcome(socket, { query: document, extensions });
  const hit = await outcome(socket, { extensions });
  return { miss, registered, hit, ...times };
}
