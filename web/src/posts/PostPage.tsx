/** One post: all of its picture, and all that is said about it. */

import { useCallback, useEffect, useState } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";

import { useSurroundings } from "../frame/context";
import { refused } from "../graph/asking";
import { PostByIdDocument, type PostFieldsFragment } from "../gql/graphql";
import { ButtonLink } from "../ui/Button";
import { Initial } from "../ui/Initial";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Progress } from "../ui/Progress";
import { Refused } from "../ui/Refused";
import { Time } from "../ui/Time";
import { DeletePost } from "./DeletePost";
import { Picture } from "./Picture";
import styles from "./PostPage.module.css";
import { useLookingAgain } from "./useLookingAgain";
import { titleOf } from "./words";

const LOOKS_AGAIN_MS = 2000;

export function PostPage({ id }: { id: string }) {
  const { data, error, isLoading, again } = usePost(id);
  if (data?.post) return <Shown post={data.post} onLook={again} />;
  if (isLoading) return <Waiting />;
  if (!error) return <NotThere />;
  return (
    <Page title="This photo does not open">
      <Refused refusal={refused(error)} onRetry={again} />
      <p>What you saw lately opens without a network, too. This photo is not kept here.</p>
    </Page>
  );
}

/** As the device knows it, then as it is now; a server that cannot be asked takes nothing away. */
function usePost(id: string) {
  const [{ data, error, fetching, stale }, read] = useQuery({
    query: PostByIdDocument,
    variables: { id },
    requestPolicy: "cache-and-network",
  });
  const [known, setKnown] = useState(data);
  if (data && data !== known) setKnown(data);
  const again = useCallback(() => {
    read({ requestPolicy: "network-only" });
  }, [read]);
  return { data: data ?? known, error, isLoading: fetching || stale, again };
}

interface ShownProps {
  post: PostFieldsFragment;
  /** Asks how it is now. */
  onLook: () => void;
}

function Shown({ post, onLook }: ShownProps) {
  const { signedIn } = useSurroundings();
  const { id, author, createdAt, description } = post;
  useLookingAgain(id, onLook);
  return (
    <Page title={titleOf(post)} isTitleHidden width="wide">
      <article className={styles.post}>
        <Picture key={id} post={post} shape="whole" priority />
        <NotReady post={post} onLook={onLook} />
        <div className={styles.words}>
          <header className={styles.head}>
            <Initial {...author} />
            <p className={styles.names}>
              <Link href={`/people/${author.username}`} className={styles.author}>
                {author.displayName}
              </Link>
              <Time at={createdAt} className={styles.time} />
            </p>
            {signedIn?.viewer.id === author.id && <DeletePost post={post} />}
          </header>
          {description && <p className={styles.description}>{description}</p>}
          <AltText post={post} />
        </div>
      </article>
    </Page>
  );
}

/** What screen readers say in place of the picture; whoever sees it may ask. */
function AltText({ post: { altText, image } }: { post: PostFieldsFragment }) {
  if (!image) return null;
  if (!altText) return <p className={styles.quiet}>It has no alternative text.</p>;
  return (
    <details className={styles.alt}>
      <summary>Alternative text</summary>
      <p>{altText}</p>
    </details>
  );
}

/** One's own photo: nobody else sees it yet, or ever. */
function NotReady({ post: { status, failure }, onLook }: ShownProps) {
  useEffect(() => {
    if (status !== "PROCESSING") return;
    const looking = setInterval(onLook, LOOKS_AGAIN_MS);
    return () => {
      clearInterval(looking);
    };
  }, [status, onLook]);
  if (status === "PROCESSING") {
    return (
      <Notice kind="info">
        <p>This photo is being processed. Others see it as soon as it is done.</p>
        <Progress label="Processing" value={null} />
      </Notice>
    );
  }
  if (status !== "FAILED") return null;
  return (
    <Notice kind="error">
      <p>This photo could not be processed. {failure}</p>
      <p>Nobody else sees it. Please delete it, and try another.</p>
    </Notice>
  );
}

function Waiting() {
  return (
    <Page title="Photo" isTitleHidden width="wide">
      <Progress label="Loading the photo" value={null} />
    </Page>
  );
}

function NotThere() {
  return (
    <Page title="This photo is not there">
      <p>It may have been deleted, or the address may be mistyped.</p>
      <p>
        <ButtonLink href="/">Go to the feed</ButtonLink>
      </p>
    </Page>
  );
}
