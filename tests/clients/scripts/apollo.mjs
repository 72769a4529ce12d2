// Apollo Client, set up as its documentation says.
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
  gql,
} from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { relayStylePagination } from "@apollo/client/utilities";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { createHash } from "node:crypto";
import { createClient } from "graphql-ws";
import { FEED, POST, UNFOLLOW, UPDATES, UPLOAD, USER, VIEWER, bearer, file } from "./documents.mjs";
import { overheard } from "./overheard.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function client(link) {
  const cache = new InMemoryCache({
    possibleTypes: { Node: ["Post", "User"] },
    typePolicies: { Query: { fields: { feed: relayStylePagination() } } },
  });
  return new ApolloClient({ cache, link });
}

const http = ({ url, token }, options = {}) =>
  new HttpLink({ uri: url, headers: bearer(token), ...options });

export async function query(given) {
  const { data } = await client(http(given)).query({ query: gql(VIEWER) });
  return data.viewer;
}

export async function refusal({ document, variables, ...given }) {
  try {
    return await client(http(given)).query({ query: gql(document), variables });
  } catch (error) {
    return {
      isGraphQL: CombinedGraphQLErrors.is(error),
      codes: error.errors?.map((e) => e.extensions?.code),
    };
  }
}

// Two queries share an entity; a mutation's answer, which names neither, changes what both have.
export async function normalisation({ username, postId, userId, ...given }) {
  const apollo = client(http(given));
  const user = { query: gql(USER), variables: { username } };
  const post = { query: gql(POST), variables: { id: postId } };
  await apollo.query(user);
  await apollo.query(post);
  const seen = () => [apollo.readQuery(user).user, apollo.readQuery(post).post.author];
  const before = seen();
  const { data } = await apollo.mutate({
    mutation: gql(UNFOLLOW),
    variables: { input: { userId } },
  });
  return { before, after: seen(), errors: data.unfollow.errors };
}

export async function pagination({ first, ...given }) {
  const apollo = client(http(given));
  const request = { query: gql(FEED), variables: { first } };
  await apollo.query(request);
  const watched = apollo.watchQuery(request);
  const feed = () => apollo.readQuery(request).feed;
  let pages = 1;
  for (; feed().pageInfo.hasNextPage; pages += 1) {
    await watched.fetchMore({ variables: { after: feed().pageInfo.endCursor } });
  }
  return { pages, ids: feed().edges.map((edge) => edge.node.id) };
}

export async function upload({ url, token, photo, description, headers }) {
  const link = new UploadHttpLink({ uri: url, headers: { ...bearer(token), ...headers } });
  const variables = { input: { image: file(photo), description } };
  const { data } = await client(link).mutate({ mutation: gql(UPLOAD), variables });
  return data.uploadPhoto;
}

export async function subscription({ ws, token, after, ...given }, say) {
  const on = { connected: () => say("connected") };
  const socket = createClient({ url: ws, connectionParams: bearer(token), on, retryAttempts: 0 });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http({ ...given, token }),
  );
  const updates = client(link).subscribe({ query: gql(UPDATES), variables: { after } });
  const { data, error } = await new Promise((next, fail) =>
    updates.subscribe({ next, error: fail }),
  );
  return data?.feedUpdates ?? { error: error.message };
}

// The first client meets an unknown hash; the second, on another device, asks with the hash alone.
export async function persisted({ document, useGET, ...given }) {
  const device = async () => {
    const { fetch, heard } = overheard();
    const hashes = new PersistedQueryLink({ sha256, useGETForHashedQueries: useGET });
    const { data } = await client(hashes.concat(http(given, { fetch }))).query({
      query: gql(document),
    });
    return { heard, data };
  };
  return { first: await device(), second: await device() };
}
