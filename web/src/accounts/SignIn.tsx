/** Coming back to an account. */

import { useEffect } from "react";
import { Link, useSearchParams } from "wouter";

import { useSurroundings } from "../frame/context";
import { withNext } from "../frame/next";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { useAsking } from "../ui/useAsking";
import { errorAt, Form, typed } from "./Form";
import styles from "./Form.module.css";
import { PasswordField } from "./PasswordField";
import { UsernameField } from "./UsernameField";

const FIELDS = ["username", "password"];
const ENDED = "You have been signed out. Please sign in again.";

export function SignIn() {
  const { session } = useSurroundings();
  const [search] = useSearchParams();
  const { ask, isBusy, refusal } = useAsking((values: FormData) =>
    session.logIn({
      username: typed(values, "username").trim(),
      password: typed(values, "password"),
    }),
  );
  return (
    <Page title="Welcome back" width="narrow">
      <Form refusal={refusal} fields={FIELDS} onSubmit={(values) => void ask(values)}>
        {session.endedFor() !== null && <Ended />}
        <UsernameField autoComplete="username" error={errorAt("username", refusal)} />
        <PasswordField autoComplete="current-password" error={errorAt("password", refusal)} />
        <Button type="submit" className={styles.submit} isBusy={isBusy}>
          Sign in
        </Button>
        <p className={styles.other}>
          New here? <Link href={withNext("/sign-up", search)}>Make an account</Link>
        </p>
      </Form>
    </Page>
  );
}

/** It stands there from the beginning, so that it has to be said, too. */
function Ended() {
  useEffect(() => {
    announce(ENDED);
  }, []);
  return (
    <Notice kind="info">
      <p>{ENDED}</p>
    </Notice>
  );
}
