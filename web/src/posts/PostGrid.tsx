/** Posts side by side, by their pictures. */

import { Link } from "wouter";

import type { PostFieldsFragment } from "../gql/graphql";
import { Time } from "../ui/Time";
import { Picture } from "./Picture";
import styles from "./PostGrid.module.css";

export function PostGrid({ posts }: { posts: readonly PostFieldsFragment[] }) {
  return (
    <ul className={styles.grid}>
      {posts.map((post) => (
        <li key={post.id}>
          <Link href={`/posts/${post.id}`} className={styles.post}>
            {post.image ? <Picture post={post} shape="square" /> : <NotReady post={post} />}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** One's own: nobody else sees it yet. */
function NotReady({ post: { status, createdAt } }: { post: PostFieldsFragment }) {
  return (
    <span className={styles.waiting}>
      <span>{status === "FAILED" ? "It did not work" : "Being processed"}</span>
      <Time at={createdAt} className={styles.time} />
    </span>
  );
}
