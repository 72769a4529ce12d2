/** Somebody in a list. */

import { Link } from "wouter";

import type { AccountFieldsFragment } from "../gql/graphql";
import { Initial } from "../ui/Initial";
import styles from "./AccountRow.module.css";
import { FollowButton } from "./FollowButton";

export function AccountRow({ account }: { account: AccountFieldsFragment }) {
  const { username, displayName } = account;
  return (
    <div className={styles.row}>
      <Initial username={username} displayName={displayName} />
      <p className={styles.names}>
        <Link href={`/people/${username}`} className={styles.name}>
          {displayName}
        </Link>
        <span className={styles.username}>@{username}</span>
      </p>
      <FollowButton account={account} isNamed />
    </div>
  );
}
