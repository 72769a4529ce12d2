// Relay's runtime and store, as its hooks drive them, without React.
import relay from "relay-runtime";
import { createRequire } from "node:module";
import { UNFOLLOW, bearer } from "./documents.mjs";

const { Environment, Network, RecordSource, Store } = relay;
const { createOperationDescriptor, fetchQuery, getPaginationMetadata, getPaginationVariables } =
  relay;
const { getRefetchMetadata, getSelector } = relay;
const artifact = (name) =>
  createRequire(import.meta.url)(`./relay/__generated__/${name}.graphql.js`);

const sender = ({ url, token }) => {
  const headers = { "Content-Type": "application/json", ...bearer(token) };
  return async ({ text }, variables) => {
    const body = JSON.stringify({ query: text, variables });
    return (await fetch(url, { method: "POST", headers, body })).json();
  };
};

const environment = (given) =>
  new Environment({ network: Network.create(sender(given)), store: new Store(new RecordSource()) });

async function fetched(env, query, variables) {
  const operation = createOperationDescriptor(query, variables);
  env.retain(operation);
  await fetchQuery(env, query, variables).toPromise();
  return env.lookup(operation.fragment).data;
}

const look = (env, fragment, reference) => env.lookup(getSelector(fragment, reference)).data;

// What usePaginationFragment's loadNext does, until there is no next page.
async function pagedToItsEnd(env, fragment, reference, count) {
  const { paginationRequest, paginationMetadata, connectionPathInFragmentData } =
    getPaginationMetadata(fragment, "test");
  const connection = () =>
    connectionPathInFragmentData.reduce((data, key) => data[key], look(env, fragment, reference));
  const id = reference.__id;
  let pages = 1;
  for (; connection().pageInfo.hasNextPage; pages += 1) {
    const cursor = connection().pageInfo.endCursor;
    const variables = getPaginationVariables(
      "forward",
      count,
      cursor,
      { id },
      {},
      paginationMetadata,
    );
    await fetched(env, paginationRequest, variables);
  }
  return { pages, nodes: connection().edges.map((edge) => edge.node) };
}

export async function feed({ count, ...given }) {
  const env = environment(given);
  const query = await fetched(env, artifact("FeedQuery"), { count });
  const { pages, nodes } = await pagedToItsEnd(env, artifact("Feed_posts"), query, count);
  return { pages, ids: nodes.map((post) => post.id) };
}

export async function profile({ username, count, ...given }) {
  const env = environment(given);
  const { user } = await fetched(env, artifact("ProfileQuery"), { username, count });
  const { pages, nodes } = await pagedToItsEnd(env, artifact("Profile_user"), user, count);
  return { pages, ids: nodes.map((post) => post.id) };
}

// Something happens behind the store's back; one post of the feed is read again, by itself.
export async function refetch({ count, userId, ...given }) {
  const env = environment(given);
  const query = await fetched(env, artifact("FeedQuery"), { count });
  const [{ node }] = look(env, artifact("Feed_posts"), query).feed.edges;
  const post = artifact("FeedPost_post");
  const seen = () => look(env, post, node).author.viewerFollows;
  const before = seen();
  await sender(given)({ text: UNFOLLOW }, { input: { userId } });
  await fetched(env, getRefetchMetadata(post, "test").refetchableRequest, { id: node.id });
  return { before, after: seen() };
}
