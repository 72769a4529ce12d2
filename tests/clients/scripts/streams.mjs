// graphql-sse: its client in distinct connections mode; and a plain GET, as EventSource sends it.
import { createClient } from "graphql-sse";
import { UNFOLLOW, UPDATES, VIEWER, bearer } from "./documents.mjs";

const client = ({ url, token }, on = {}) =>
  createClient({ url, headers: bearer(token), on, retryAttempts: 0 });

async function every(stream, request) {
  const results = [];
  for await (const result of stream.iterate(request)) results.push(result);
  return results;
}

export async function query(given) {
  return every(client(given), { query: VIEWER });
}

export async function mutation({ userId, ...given }) {
  return every(client(given), { query: UNFOLLOW, variables: { input: { userId } } });
}

export async function subscription({ after, ...given }, say) {
  const stream = client(given, { connected: () => say("connected") });
  for await (const { data } of stream.iterate({ query: UPDATES, variables: { after } }))
    return data.feedUpdates;
}

export async function refusal({ document, ...given }) {
  return every(client(given), { query: document });
}

export async function get({ url, token, document }) {
  const headers = { accept: "text/event-stream", ...bearer(token) };
  const response = await fetch(`${url}?${new URLSearchParams({ query: document })}`, { headers });
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    text: await response.text(),
  };
}
