/** A post in the feed. */

import { memo, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useQuery, type CombinedError } from "urql";

import { refused } from "../graph/asking";
import { PostByIdDocument, type PostByIdQuery, type PostFieldsFragment } from "../gql/graphql";
import { Initial } from "../ui/Initial";
import { Time } from "../ui/Time";
import { sentenceFor } from "../words/refusals";
import { Picture } from "./Picture";
import styles from "./PostCard.module.css";
import { titleOf } from "./words";

/** How many are seen at first: their pictures come before anything else. */
const FIRST = 2;

interface PostCardProps {
  id: string;
  /** Its place in the feed, from 0. */
  index?: number;
  /** How many posts the feed has; -1 while nobody knows. */
  count?: number;
}

export const PostCard = memo(function PostCard({ id, index = 0, count = -1 }: PostCardProps) {
  const [{ data, error, fetching: isReading }] = useQuery({
    query: PostByIdDocument,
    variables: { id },
    requestPolicy: "cache-first",
  });
  const post = data?.post;
  return (
    <article
      className={styles.card}
      tabIndex={-1}
      aria-label={post ? titleOf(post) : "Photo"}
      aria-posinset={index + 1}
      aria-setsize={count}
      aria-busy={isReading}
    >
      {post ? <Shown post={post} isFirst={index < FIRST} /> : <Missing error={error} data={data} />}
    </article>
  );
});

function Shown({ post, isFirst }: { post: PostFieldsFragment; isFirst: boolean }) {
  const { id, author, createdAt, description } = post;
  return (
    <>
      <div className={styles.shown}>
        <header className={styles.head}>
          <Initial {...author} />
          <p className={styles.names}>
            <Link href={`/people/${author.username}`} className={styles.author}>
              {author.displayName}
            </Link>
            {/* It lies over the picture, too: one link to the post suffices. */}
            <Link href={`/posts/${id}`} className={styles.time}>
              <Time at={createdAt} />
            </Link>
          </p>
        </header>
        <Picture post={post} priority={isFirst} />
      </div>
      {description && <Description post={post} />}
    </>
  );
}

/** Never more than some lines, so that the next photo is not far; the rest is on the post's page. */
function Description({ post: { id, author, description } }: { post: PostFieldsFragment }) {
  const text = useRef<HTMLParagraphElement>(null);
  const [isCut, setIsCut] = useState(false);
  useEffect(() => {
    const paragraph = text.current;
    if (!paragraph) return;
    const observer = new ResizeObserver(() => {
      setIsCut(paragraph.scrollHeight > paragraph.clientHeight);
    });
    observer.observe(paragraph);
    return () => {
      observer.disconnect();
    };
  }, []);
  return (
    <div className={styles.words}>
      <p ref={text} className={styles.description}>
        {description}
      </p>
      {isCut && (
        <Link
          href={`/posts/${id}`}
          className={styles.more}
          aria-label={`More of what ${author.displayName} says`}
        >
          More
        </Link>
      )}
    </div>
  );
}

interface MissingProps {
  error: CombinedError | undefined;
  data: PostByIdQuery | undefined;
}

/** It is being read, or it cannot be, or it is gone. */
function Missing({ error, data }: MissingProps) {
  return (
    <>
      <div className={styles.head} />
      <p className={styles.missing}>
        {error && sentenceFor(refused(error))}
        {data && "This photo is not there any more."}
      </p>
    </>
  );
}
