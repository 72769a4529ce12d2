/** Finding somebody by their username, and whom one follows. */

import { Search } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { useClient } from "urql";
import { useLocation } from "wouter";

import { useSurroundings } from "../frame/context";
import { ProfileDocument } from "../gql/graphql";
import { refused } from "../graph/asking";
import { Button } from "../ui/Button";
import { Page } from "../ui/Page";
import { Refused } from "../ui/Refused";
import { useAsking } from "../ui/useAsking";
import { typed } from "./Form";
import { FollowingList } from "./Lists";
import styles from "./People.module.css";
import { UsernameField } from "./UsernameField";

export function People() {
  const { signedIn } = useSurroundings();
  return (
    <Page title="People">
      <Finding />
      {signedIn && (
        <section className={styles.followed} aria-labelledby="followed">
          <h2 id="followed">People you follow</h2>
          <FollowingList
            username={signedIn.viewer.username}
            nobody="Nobody yet. Whom you follow is in your feed, down to their very first photo."
          />
        </section>
      )}
    </Page>
  );
}

function Finding() {
  const find = useFinding();
  const [missing, setMissing] = useState<string | null>(null);
  const { ask, isBusy, refusal } = useAsking(async (username: string) => {
    setMissing(null);
    if (!(await find(username))) setMissing(username);
  });
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    void ask(soughtIn(new FormData(event.currentTarget)));
  };
  return (
    <search className={styles.finding}>
      <form className={styles.form} onSubmit={submit}>
        <UsernameField autoComplete="off" enterKeyHint="search" />
        <Button type="submit" className={styles.find} isBusy={isBusy}>
          <Search size={18} aria-hidden="true" />
          Find
        </Button>
      </form>
      {refusal && <Refused refusal={refusal} />}
      <div role="status">
        {missing !== null && (
          <p>
            Nobody is called <strong>@{missing}</strong>. A username has to be typed in full.
          </p>
        )}
      </div>
    </search>
  );
}

/** @returns A function that goes to the profile of a username; whether somebody has it. */
function useFinding(): (username: string) => Promise<boolean> {
  const client = useClient();
  const [, navigate] = useLocation();
  return async (username) => {
    const { data, error } = await client.query(
      ProfileDocument,
      { username },
      { requestPolicy: "network-only" },
    );
    if (error) throw refused(error);
    if (data?.user) navigate(`/people/${data.user.username}`);
    return Boolean(data?.user);
  };
}

/** As people write usernames: with an @, or with spaces around. */
function soughtIn(values: FormData): string {
  return typed(values, "username").trim().replace(/^@/, "");
}
