// What the clients ask for, the same for all of them.
export const VIEWER = "query Viewer { viewer { id username } }";

export const FEED = `query Feed($first: Int, $after: String) {
  feed(first: $first, after: $after) {
    edges { cursor node { id description author { id username } image { url } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

export const USER = `query User($username: String!) {
  user(username: $username) { __typename id viewerFollows followerCount } }`;

export const POST = `query Post($id: ID!) {
  post(id: $id) { id author { __typename id viewerFollows followerCount } } }`;

export const UNFOLLOW = `mutation Unfollow($input: UnfollowInput!) {
  unfollow(input: $input) {
    user { id viewerFollows followerCount } errors { code message path } } }`;

export const UPLOAD = `mutation Upload($input: UploadPhotoInput!) {
  uploadPhoto(input: $input) { post { id status description } errors { code message path } } }`;

export const UPDATES = `subscription Updates($after: String) {
  feedUpdates(after: $after) {
    __typename
    ... on FeedPostAdded { cursor post { id description author { id username } } } } }`;

export const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

export const file = (base64) => new File([Buffer.from(base64, "base64")], "photo.jpg");
