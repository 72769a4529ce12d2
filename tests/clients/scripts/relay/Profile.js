// For the compiler to read: somebody's posts, page by page, through `node`.
const { graphql } = require("relay-runtime");

graphql`
  query ProfileQuery($username: String!, $count: Int!) {
    user(username: $username) {
      ...Profile_user @arguments(count: $count)
    }
  }
`;

graphql`
  fragment Profile_user on User
  @refetchable(queryName: "ProfilePaginationQuery")
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }) {
    posts(first: $count, after: $cursor) @connection(key: "Profile_posts") {
      edges {
        node {
          id
          status
        }
      }
    }
  }
`;
