// For the compiler to read: the feed, page by page.
const { graphql } = require("relay-runtime");

graphql`
  query FeedQuery($count: Int!) {
    ...Feed_posts @arguments(count: $count)
  }
`;

graphql`
  fragment Feed_posts on Query
  @refetchable(queryName: "FeedPaginationQuery")
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }) {
    feed(first: $count, after: $cursor) @connection(key: "Feed_feed") {
      edges {
        cursor
        node {
          id
          description
          ...FeedPost_post
        }
      }
    }
  }
`;
