// Runs the files of the page for frontend teams as the app of one of them would, and says what came of it.

import { signIn } from "./src/session";
import { wholeFeed } from "./src/feed";
import { feedUpdates } from "./src/live";
import { urql } from "./src/urql";
import { environment } from "./src/relay";
import { sendPhoto } from "./src/resumable";

const { refreshTokens, moment, photo, author } = JSON.parse(process.argv[2]);
const EXPIRED = "expired";

async function fromApollo() {
  return (await wholeFeed(2)).map(({ id }) => id);
}

async function fromUrql() {
  const { data, error } = await urql.query("{ viewer { id username } }", {});
  if (error) throw error;
  return data.viewer.username;
}

async function fromRelay() {
  const request = { text: "{ viewer { username } }", operationKind: "query" };
  const { data } = await environment.getNetwork().execute(request, {}, {}).toPromise();
  return data.viewer.username;
}

async function uploaded() {
  const document = `mutation($image: Upload!) {
    uploadPhoto(input: {image: $image}) { post { id status } errors { code } } }`;
  const image = new File([Buffer.from(photo, "base64")], "photo");
  const { data, error } = await urql.mutation(document, { image });
  if (error) throw error;
  return data.uploadPhoto;
}

async function resumed() {
  const document = `mutation($input: UploadPhotoInput!) {
    uploadPhoto(input: $input) { post { id status } errors { code } } }`;
  const uploadId = await sendPhoto(Buffer.from(photo, "base64"));
  const { data, error } = await urql.mutation(document, { input: { uploadId } });
  if (error) throw error;
  return data.uploadPhoto;
}

// The access token has expired, for all of these at once; the refresh token works once.
signIn({ accessToken: EXPIRED, refreshToken: refreshTokens[0] });
const [apollo, name, relay] = await Promise.all([fromApollo(), fromUrql(), fromRelay()]);
const uploads = [await uploaded(), await resumed()];

// On a socket, too.
signIn({ accessToken: EXPIRED, refreshToken: refreshTokens[1] });
const updates = [];
for await (const update of feedUpdates(moment)) {
  updates.push(update.__typename);
  if (updates.length === 2) break;
  const document = "mutation($id: ID!) { unfollow(input: {userId: $id}) { errors { code } } }";
  await urql.mutation(document, { id: author });
}

console.log(JSON.stringify({ apollo, urql: name, relay, uploads, updates }));
process.exit(0); // its sockets stay open otherwise
