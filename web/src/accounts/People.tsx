/** Finding somebody by their username. */

import { Search } from "lucide-react";
import { useSearchParams } from "wouter";

import { useSurroundings } from "../frame/context";
import { ProfileDocument } from "../gql/graphql";
import { Button } from "../ui/Button";
import { Page } from "../ui/Page";
import { Progress } from "../ui/Progress";
import { AccountRow } from "./AccountRow";
import { typed } from "./Form";
import { FollowingList } from "./Lists";
import styles from "./People.module.css";
import { useReading } from "./reading";
import { Unread } from "./Unread";
import { UsernameField } from "./UsernameField";

const SOUGHT = "username";

export function People() {
  const { signedIn } = useSurroundings();
  // In the address, so that going back finds it again.
  const [search, setSearch] = useSearchParams();
  const sought = search.get(SOUGHT) ?? "";
  return (
    <Page title="People">
      <search>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            setSearch({ [SOUGHT]: soughtIn(new FormData(event.currentTarget)) });
          }}
        >
          <UsernameField
            key={sought}
            defaultValue={sought}
            autoComplete="off"
            enterKeyHint="search"
          />
          <Button type="submit" className={styles.find}>
            <Search size={18} aria-hidden="true" />
            Find
          </Button>
        </form>
      </search>
      <div role="status">{sought && <Found key={sought} username={sought} />}</div>
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

function Found({ username }: { username: string }) {
  const { data, isLoading, refusal, again } = useReading(ProfileDocument, { username });
  if (data?.user) return <AccountRow account={data.user} />;
  if (isLoading) return <Progress label="Looking" value={null} />;
  if (refusal) return <Unread refusal={refusal} onRetry={again} />;
  return (
    <p>
      Nobody is called <strong>@{username}</strong>. A username has to be typed in full.
    </p>
  );
}

/** As people write usernames: with an @, or with spaces around. */
function soughtIn(values: FormData): string {
  return typed(values, SOUGHT).trim().replace(/^@/, "");
}
