/** What somebody has shown, newest first; one's own that is not shown yet, too. */

import { useSurroundings } from "../frame/context";
import { ProfilePostsDocument, type AuthorQuery, type PostFieldsFragment } from "../gql/graphql";
import { PostGrid } from "../posts/PostGrid";
import { ButtonLink } from "../ui/Button";
import { Endless } from "./Endless";
import { KeptPosts } from "./KeptPosts";
import styles from "./ProfilePosts.module.css";

type Author = NonNullable<AuthorQuery["user"]>;

/** Whole rows, in however many columns they are. */
const FIRST = 60;

export function ProfilePosts({ author }: { author: Author }) {
  return (
    <div className={styles.grids}>
      <Endless
        query={ProfilePostsDocument}
        username={author.username}
        first={FIRST}
        listIn={({ user }) => user?.posts}
        show={grid}
        empty={<Nothing author={author} />}
        offline={<KeptPosts author={author} />}
        isUnsettled={(posts) => posts.some(({ status }) => status === "PROCESSING")}
      />
    </div>
  );
}

function grid(posts: readonly PostFieldsFragment[]) {
  return <PostGrid posts={posts} />;
}

function Nothing({ author }: { author: Author }) {
  const { signedIn } = useSurroundings();
  if (signedIn?.viewer.id !== author.id) {
    return <p className={styles.nothing}>{author.displayName} has not shown a photo yet.</p>;
  }
  return (
    <div className={styles.nothing}>
      <p>You have not shown a photo yet.</p>
      <p>
        <ButtonLink href="/upload">Show your first</ButtonLink>
      </p>
    </div>
  );
}
