/** Following somebody, and following them no more. */

import { useState } from "react";
import { useClient } from "urql";
import { useLocation } from "wouter";

import { throwFirst } from "../device/refusals";
import { useSurroundings } from "../frame/context";
import { signInPath } from "../frame/next";
import {
  FollowDocument,
  ProfileDocument,
  UnfollowDocument,
  type AccountFieldsFragment,
} from "../gql/graphql";
import { announce } from "../ui/announce";
import { Button, ButtonLink } from "../ui/Button";
import { useAsking } from "../ui/useAsking";
import { sentenceFor } from "../words/refusals";
import styles from "./FollowButton.module.css";
import { useDoing } from "./reading";

interface FollowButtonProps {
  account: AccountFieldsFragment;
  /** Says whom, where there are several on a page. */
  isNamed?: boolean;
}

export function FollowButton(props: FollowButtonProps) {
  const { signedIn } = useSurroundings();
  const [path] = useLocation();
  if (signedIn?.viewer.id === props.account.id) return null;
  if (signedIn) return <Following {...props} />;
  return <ButtonLink href={signInPath(path)}>{nameOf("Follow", props)}</ButtonLink>;
}

function Following(props: FollowButtonProps) {
  const { account } = props;
  const change = useFollowing(account);
  // What was asked for is shown at once; the answer has the last word.
  const [wish, setWish] = useState<boolean | null>(null);
  const { ask, refusal } = useAsking(change);
  const follows = wish ?? account.viewerFollows;
  const press = async () => {
    setWish(!follows);
    const isDone = await ask(!follows);
    setWish(null);
    if (isDone) announce(sayingOf(!follows, account));
  };
  return (
    <div className={styles.following}>
      <Button kind={follows ? "quiet" : "primary"} onClick={() => void press()}>
        {nameOf(follows ? "Unfollow" : "Follow", props)}
      </Button>
      {refusal && (
        <p className={styles.refused} role="alert">
          {sentenceFor(refusal)}
        </p>
      )}
    </div>
  );
}

/** The payload has the account as it is now; the feed is told, too, and one's own count is read. */
function useFollowing({ id }: AccountFieldsFragment): (follows: boolean) => Promise<void> {
  const { signedIn } = useSurroundings();
  const client = useClient();
  const follow = useDoing(FollowDocument);
  const unfollow = useDoing(UnfollowDocument);
  return async (follows) => {
    const input = { userId: id };
    if (follows) {
      throwFirst((await follow({ input })).follow.errors);
      void signedIn?.feed.refresh();
    } else {
      throwFirst((await unfollow({ input })).unfollow.errors);
      signedIn?.feed.remove(({ authorId }) => authorId === id);
    }
    if (!signedIn) return;
    const { username } = signedIn.viewer;
    void client.query(ProfileDocument, { username }).toPromise();
  };
}

function sayingOf(follows: boolean, { displayName }: AccountFieldsFragment): string {
  return follows ? `You follow ${displayName} now.` : `You follow ${displayName} no more.`;
}

function nameOf(action: string, { account, isNamed = false }: FollowButtonProps) {
  if (!isNamed) return action;
  return (
    <>
      {action}
      <span className={styles.unseen}> {account.displayName}</span>
    </>
  );
}
