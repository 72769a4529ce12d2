/** The feed: the newest posts of everyone the viewer follows, down to the very first. */

import type { ReactNode } from "react";

import type { Feed, FeedState } from "../device/feed/model";
import { useSignedIn, useWatched } from "../frame/context";
import { ButtonLink } from "../ui/Button";
import { Page } from "../ui/Page";
import { Refused } from "../ui/Refused";
import { Above } from "./Above";
import styles from "./FeedPage.module.css";
import { PostList } from "./PostList";
import { Skeletons } from "./Skeletons";

const FIRST_SKELETONS = 3;

export function FeedPage() {
  const { feed } = useSignedIn();
  const state = useWatched(feed);
  return (
    <Page title="Feed" isTitleHidden>
      <div className={styles.feed}>
        <Above feed={feed} waiting={state.waiting} connection={state.connection} />
        <Posts feed={feed} state={state} />
      </div>
    </Page>
  );
}

interface PostsProps {
  feed: Feed;
  state: FeedState;
}

function Posts({ feed, state }: PostsProps) {
  const { entries, isKnown, hasMore, refusal } = state;
  if (!isKnown && refusal) return <Refused refusal={refusal} onRetry={() => void feed.refresh()} />;
  if (!isKnown) return <Skeletons count={FIRST_SKELETONS} />;
  if (!entries.length && !hasMore) return <Nothing />;
  return (
    <>
      <PostList feed={feed} state={state} />
      <Below feed={feed} state={state} />
    </>
  );
}

function Below({ feed, state: { hasMore, refusal } }: PostsProps): ReactNode {
  if (refusal) return <Refused refusal={refusal} onRetry={() => void feed.loadMore()} />;
  if (hasMore) return <Skeletons count={1} />;
  return <p className={styles.end}>You have seen everything.</p>;
}

function Nothing() {
  return (
    <section className={styles.nothing}>
      <h2>Nothing here yet</h2>
      <p>
        Photos of the people you follow come here, newest first. Find somebody you know, and follow
        them.
      </p>
      <ButtonLink href="/people">Find people</ButtonLink>
    </section>
  );
}
