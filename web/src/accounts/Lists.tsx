/** Who follows somebody, and whom they follow. */

import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";

import { FollowersDocument, FollowingDocument, type AccountFieldsFragment } from "../gql/graphql";
import { Page } from "../ui/Page";
import { AccountRow } from "./AccountRow";
import { Endless } from "./Endless";
import styles from "./Lists.module.css";

const FIRST = 30;

interface ListProps {
  username: string;
}

export function Followers({ username }: ListProps) {
  return (
    <Page title={`Who follows @${username}`}>
      <Back username={username} />
      <Endless
        query={FollowersDocument}
        username={username}
        first={FIRST}
        listIn={({ user }) => user?.followers ?? NOBODY}
        show={rows}
        empty={<p className={styles.nobody}>Nobody yet.</p>}
      />
    </Page>
  );
}

export function Following({ username }: ListProps) {
  return (
    <Page title={`Whom @${username} follows`}>
      <Back username={username} />
      <FollowingList username={username} nobody="Nobody yet." />
    </Page>
  );
}

export function FollowingList({ username, nobody }: ListProps & { nobody: string }) {
  return (
    <Endless
      query={FollowingDocument}
      username={username}
      first={FIRST}
      listIn={({ user }) => user?.following ?? NOBODY}
      show={rows}
      empty={<p className={styles.nobody}>{nobody}</p>}
    />
  );
}

/** Of a username that nobody has. */
const NOBODY = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } };

function rows(accounts: readonly AccountFieldsFragment[]) {
  return (
    <ul className={styles.rows}>
      {accounts.map((account) => (
        <li key={account.id}>
          <AccountRow account={account} />
        </li>
      ))}
    </ul>
  );
}

function Back({ username }: ListProps) {
  return (
    <p>
      <Link href={`/people/${username}`} className={styles.back}>
        <ArrowLeft size={18} aria-hidden="true" />
        Back to @{username}
      </Link>
    </p>
  );
}
