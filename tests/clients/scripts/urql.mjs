// urql, set up as its documentation says.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import * as sse from "graphql-sse";
import * as ws from "graphql-ws";
import { FEED, POST, UNFOLLOW, UPDATES, UPLOAD, USER, VIEWER, bearer, file } from "./documents.mjs";
import { overheard } from "./overheard.mjs";

const EMBEDDED = [
  "FeedConnection",
  "FeedEdge",
  "FeedPostAdded",
  "Image",
  "PageInfo",
  "UnfollowPayload",
  "UploadPhotoPayload",
  "UserError",
];

function client({ url, token, headers }, { exchanges = [fetchExchange], ...options } = {}) {
  const cache = cacheExchange({
    keys: Object.fromEntries(EMBEDDED.map((type) => [type, () => null])),
    resolvers: { Query: { feed: relayPagination() } },
  });
  const fetchOptions = { headers: { ...bearer(token), ...headers } };
  return new Client({ url, fetchOptions, exchanges: [cache, ...exchanges], ...options });
}

const strictly = ({ data, error }) => {
  if (error) throw error;
  return data;
};

export async function query(given) {
  return strictly(await client(given).query(VIEWER, {})).viewer;
}

export async function refusal({ document, variables, ...given }) {
  const { error } = await client(given).query(document, variables ?? {});
  return {
    isGraphQL: !error.networkError,
    codes: error.graphQLErrors.map((e) => e.extensions.code),
  };
}

// Two queries share an entity; a mutation's answer, which names neither, changes what both have.
export async function normalisation({ username, postId, userId, ...given }) {
  const urql = client(given);
  await urql.query(USER, { username });
  await urql.query(POST, { id: postId });
  const cached = { requestPolicy: "cache-only" };
  const seen = () => [
    urql.readQuery(USER, { username }, cached).data.user,
    urql.readQuery(POST, { id: postId }, cached).data.post.author,
  ];
  const before = seen();
  const { unfollow } = strictly(await urql.mutation(UNFOLLOW, { input: { userId } }));
  return { before, after: seen(), errors: unfollow.errors };
}

export async function pagination({ first, ...given }) {
  const urql = client(given);
  const page = async (after) => strictly(await urql.query(FEED, { first, after })).feed;
  let feed = await page(null);
  let pages = 1;
  for (; feed.pageInfo.hasNextPage; pages += 1) feed = await page(feed.pageInfo.endCursor);
  return { pages, ids: feed.edges.map((edge) => edge.node.id) };
}

export async function upload({ photo, description, ...given }) {
  const variables = { input: { image: file(photo), description } };
  return strictly(await client(given).mutation(UPLOAD, variables)).uploadPhoto;
}

async function firstUpdate(urql, after) {
  const updates = urql.subscription(UPDATES, { after });
  return strictly(await new Promise((next) => updates.subscribe(next))).feedUpdates;
}

const forwarding = (to) =>
  subscriptionExchange({
    forwardSubscription: ({ query = "", ...request }) => ({
      subscribe: (sink) => ({ unsubscribe: to.subscribe({ ...request, query }, sink) }),
    }),
  });

export async function subscription({ ws: address, after, ...given }, say) {
  const on = { connected: () => say("connected") };
  const socket = ws.createClient({ url: address, connectionParams: bearer(given.token), on });
  return firstUpdate(client(given, { exchanges: [forwarding(socket), fetchExchange] }), after);
}

export async function subscriptionByGraphqlSse({ after, ...given }, say) {
  const on = { connected: () => say("connected") };
  const stream = sse.createClient({ url: given.url, headers: bearer(given.token), on });
  return firstUpdate(client(given, { exchanges: [forwarding(stream), fetchExchange] }), after);
}

export async function subscriptionByFetch({ after, ...given }, say) {
  const listening = async (...request) => {
    const response = await fetch(...request);
    say("connected");
    return response;
  };
  return firstUpdate(client(given, { fetchSubscriptions: true, fetch: listening }), after);
}

// The first client meets an unknown hash; the second, on another device, asks with the hash alone.
export async function persisted({ document, useGET, ...given }) {
  const device = async () => {
    const { fetch, heard } = overheard();
    const hashes = persistedExchange({ preferGetForPersistedQueries: useGET });
    const urql = client(given, {
      exchanges: [hashes, fetchExchange],
      fetch,
      preferGetMethod: useGET,
    });
    return { data: strictly(await urql.query(document, {})), heard };
  };
  return { first: await device(), second: await device() };
}

// Every request of urql would take an event stream, too.
export async function trap({ preferGetMethod, ...given }) {
  const { fetch, heard } = overheard();
  const urql = client(given, { fetch, preferGetMethod });
  const { viewer } = strictly(await urql.query(VIEWER, {}));
  return { viewer, heard };
}
