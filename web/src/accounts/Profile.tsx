/** Somebody: who they are, and what they have shown. */

import { useQuery } from "urql";
import { Link } from "wouter";

import { useSurroundings } from "../frame/context";
import {
  AuthorDocument,
  ProfileDocument,
  type AccountFieldsFragment,
  type AuthorQuery,
} from "../gql/graphql";
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

type Author = NonNullable<AuthorQuery["user"]>;

export function Profile({ username }: { username: string }) {
  const { data, isLoading, refusal, again } = useReading(ProfileDocument, { username });
  const author = useAuthor(username);
  if (data?.user) return <Known author={data.user} account={data.user} />;
  if (data) return <Nobody username={username} />;
  if (author) return <Known author={author} account={null} isLoading={isLoading} />;
  return (
    <Page title={`@${username}`} width="wide">
      {isLoading && <Progress label="Loading the profile" value={null} />}
      {refusal && <Unread refusal={refusal} onRetry={again} />}
    </Page>
  );
}

/** Who it is, as their posts say already. */
function useAuthor(username: string): Author | null {
  const variables = { username };
  const [{ data }] = useQuery({ query: AuthorDocument, variables, requestPolicy: "cache-only" });
  return data?.user ?? null;
}

interface KnownProps {
  author: Author;
  /** Null until it is read: while offline, perhaps not at all. */
  account: AccountFieldsFragment | null;
  isLoading?: boolean;
}

function Known(props: KnownProps) {
  return (
    <Page title={props.author.displayName} width="wide" head={<Head {...props} />}>
      <ProfilePosts author={props.author} />
    </Page>
  );
}

function Head({ author, account, isLoading = false }: KnownProps) {
  const { username, displayName } = author;
  return (
    <div className={styles.head}>
      <Initial username={username} displayName={displayName} size="large" />
      <div className={styles.names}>
        <Heading>{displayName}</Heading>
        <p className={styles.username}>@{username}</p>
      </div>
      {(account ?? isLoading) && <Rest author={author} account={account} />}
    </div>
  );
}

/** Its room is there before what is in it. */
function Rest({ author, account }: KnownProps) {
  return (
    <>
      <div className={styles.action}>
        <Action author={author} account={account} />
      </div>
      <ul className={styles.counts}>{account && <Counts account={account} />}</ul>
    </>
  );
}

function Action({ author, account }: KnownProps) {
  const { signedIn } = useSurroundings();
  if (signedIn?.viewer.id !== author.id) return account && <FollowButton account={account} />;
  return (
    <ButtonLink href="/settings" kind="quiet">
      Manage account
    </ButtonLink>
  );
}

function Counts({ account }: { account: AccountFieldsFragment }) {
  const { username, postCount, followerCount, followingCount } = account;
  return (
    <>
      <li>{count(postCount, "photo")}</li>
      <li>
        <Link href={`/people/${username}/followers`}>{count(followerCount, "follower")}</Link>
      </li>
      <li>
        <Link href={`/people/${username}/following`}>
          {count(followingCount, "following", "following")}
        </Link>
      </li>
    </>
  );
}
