/** Somebody: who they are, and what they have shown. */

import { Link } from "wouter";

import { useSurroundings } from "../frame/context";
import { ProfileDocument, type AccountFieldsFragment } from "../gql/graphql";
import { ButtonLink } from "../ui/Button";
import { Initial } from "../ui/Initial";
import { Heading, Page } from "../ui/Page";
import { Progress } from "../ui/Progress";
import { count } from "../words/times";
import { FollowButton } from "./FollowButton";
import { Nobody } from "./Nobody";
import styles from "./Profile.module.css";
import { ProfilePosts } from "./ProfilePosts";
import { useReading } from "./reading";
import { Unread } from "./Unread";

export function Profile({ username }: { username: string }) {
  const { data, isLoading, refusal, again } = useReading(ProfileDocument, { username });
  if (data?.user) return <Known account={data.user} />;
  if (data) return <Nobody username={username} />;
  return (
    <Page title={`@${username}`} width="wide">
      {isLoading && <Progress label="Loading the profile" value={null} />}
      {refusal && <Unread refusal={refusal} onRetry={again} />}
    </Page>
  );
}

function Known({ account }: { account: AccountFieldsFragment }) {
  return (
    <Page title={account.displayName} width="wide" head={<Head account={account} />}>
      <ProfilePosts account={account} />
    </Page>
  );
}

function Head({ account }: { account: AccountFieldsFragment }) {
  const { signedIn } = useSurroundings();
  const { username, displayName } = account;
  return (
    <div className={styles.head}>
      <Initial username={username} displayName={displayName} size="large" />
      <div className={styles.names}>
        <Heading>{displayName}</Heading>
        <p className={styles.username}>@{username}</p>
      </div>
      <div className={styles.action}>
        {signedIn?.viewer.id === account.id ? (
          <ButtonLink href="/settings" kind="quiet">
            Manage account
          </ButtonLink>
        ) : (
          <FollowButton account={account} />
        )}
      </div>
      <Counts account={account} />
    </div>
  );
}

function Counts({ account }: { account: AccountFieldsFragment }) {
  const { username, postCount, followerCount, followingCount } = account;
  return (
    <ul className={styles.counts}>
      <li>{count(postCount, "photo")}</li>
      <li>
        <Link href={`/people/${username}/followers`}>{count(followerCount, "follower")}</Link>
      </li>
      <li>
        <Link href={`/people/${username}/following`}>
          {count(followingCount, "following", "following")}
        </Link>
      </li>
    </ul>
  );
}
