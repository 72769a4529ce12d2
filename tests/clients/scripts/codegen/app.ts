// What a frontend team writes: documents whose results and variables have types.
import { ApolloClient } from "@apollo/client";
import { Client } from "@urql/core";
import { type FragmentType, graphql, useFragment } from "./gql";

const Author = graphql(`
  fragment Author on User {
    id
    displayName
    createdAt
  }
`);

const Feed = graphql(`
  query Feed($first: Int, $after: String) {
    feed(first: $first, after: $after) {
      edges {
        node {
          status
          altText
          author {
            ...Author
          }
          image {
            variants {
              format
              byteSize
            }
          }
        }
      }
      pageInfo {
        endCursor
      }
    }
  }
`);

const Upload = graphql(`
  mutation Upload($input: UploadPhotoInput!) {
    uploadPhoto(input: $input) {
      post {
        id
      }
      errors {
        code
        path
      }
    }
  }
`);

const Updates = graphql(`
  subscription Updates($after: String) {
    feedUpdates(after: $after) {
      __typename
      ... on FeedPostAdded {
        post {
          id
        }
      }
      ... on FeedGap {
        cursor
      }
    }
  }
`);

const Anything = graphql(`
  query Anything($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Post {
        description
      }
    }
  }
`);

export function greeting(author: FragmentType<typeof Author>): string {
  const { displayName, createdAt } = useFragment(Author, author);
  return `${displayName}, here since ${createdAt.slice(0, 4)}`;
}

export async function withApollo(client: ApolloClient, photo: File): Promise<string[]> {
  const { data } = await client.query({ query: Feed, variables: { first: 5, after: null } });
  const edges = data?.feed.edges ?? [];
  await client.mutate({
    mutation: Upload,
    variables: { input: { image: photo, description: "new" } },
  });
  const widest: number | undefined = edges[0]?.node.image?.variants[0]?.byteSize;
  // @ts-expect-error - an image is null until its post is READY
  edges[0]?.node.image.variants;
  // @ts-expect-error - a photo is a file
  await client.mutate({ mutation: Upload, variables: { input: { image: 5 } } });
  return [...edges.map(({ node }) => greeting(node.author)), `${widest}`];
}

export async function withUrql(client: Client, id: string): Promise<string | undefined> {
  const { data } = await client.query(Anything, { id });
  // @ts-expect-error - not every node is a post
  data?.node?.description.length;
  // @ts-expect-error - an id must be given
  await client.query(Anything, {});
  return data?.node?.__typename === "Post" ? data.node.description : data?.node?.id;
}

export function listen(client: Client): void {
  client.subscription(Updates, {}).subscribe(({ data }) => {
    const update = data?.feedUpdates;
    if (update?.__typename === "FeedPostAdded") console.log(update.post.id);
    // @ts-expect-error - only a post that is added has a post
    if (update?.__typename === "FeedGap") console.log(update.post.id);
  });
}
