/** Of somebody's posts, those that the device has of the feed. */

import { useClient } from "urql";

import { useSurroundings, useWatched, type SignedIn } from "../frame/context";
import { PostByIdDocument, type AuthorQuery } from "../gql/graphql";
import { PostGrid } from "../posts/PostGrid";
import { Notice } from "../ui/Notice";
import { NotKept } from "./Unread";

interface KeptPostsProps {
  author: NonNullable<AuthorQuery["user"]>;
}

export function KeptPosts({ author }: KeptPostsProps) {
  const { signedIn } = useSurroundings();
  return signedIn ? <OfFeed feed={signedIn.feed} author={author} /> : <NotKept />;
}

function OfFeed({ feed, author }: KeptPostsProps & Pick<SignedIn, "feed">) {
  const client = useClient();
  const read = (id: string) =>
    client.readQuery(PostByIdDocument, { id }, { requestPolicy: "cache-only" })?.data?.post;
  const { entries } = useWatched(feed);
  const theirs = entries.filter(({ authorId }) => authorId === author.id);
  const posts = theirs.map(({ id }) => read(id)).filter((post) => post != null);
  if (posts.length === 0) return <NotKept />;
  return (
    <>
      <PostGrid posts={posts} />
      <Notice kind="info">
        <p>These were kept on this device. The others come when you are online again.</p>
      </Notice>
    </>
  );
}
