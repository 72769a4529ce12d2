// For the compiler to read: a post that can be read again by itself, through `node`.
const { graphql } = require("relay-runtime");

graphql`
  fragment FeedPost_post on Post @refetchable(queryName: "FeedPostRefetchQuery") {
    createdAt
    author {
      username
      viewerFollows
    }
  }
`;
