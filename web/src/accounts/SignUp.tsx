/** Opening an account. */

import { Link, useSearchParams } from "wouter";

import { useSurroundings } from "../frame/context";
import { withNext } from "../frame/next";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Page } from "../ui/Page";
import { useAsking } from "../ui/useAsking";
import { errorAt, Form, typed } from "./Form";
import styles from "./Form.module.css";
import { PasswordField } from "./PasswordField";
import { UsernameField } from "./UsernameField";

const FIELDS = ["username", "displayName", "password"];
const NAME_MAX_LETTERS = 50;

export function SignUp() {
  const { session } = useSurroundings();
  const [search] = useSearchParams();
  const { ask, isBusy, refusal } = useAsking((values: FormData) =>
    session.signUp({
      username: typed(values, "username").trim(),
      displayName: typed(values, "displayName").trim(),
      password: typed(values, "password"),
    }),
  );
  return (
    <Page title="Make an account" width="narrow">
      <Form refusal={refusal} fields={FIELDS} onSubmit={(values) => void ask(values)}>
        <UsernameField
          autoComplete="username"
          hint="3 to 30 letters, digits or underscores. People find you by it."
          error={errorAt("username", refusal)}
        />
        <Field
          label="Name"
          name="displayName"
          autoComplete="name"
          maxLength={NAME_MAX_LETTERS}
          hint="Shown with your photos; your username, if you leave it out."
          error={errorAt("displayName", refusal)}
        />
        <PasswordField
          autoComplete="new-password"
          hint="At least 8 characters."
          error={errorAt("password", refusal)}
        />
        <Button type="submit" className={styles.submit} isBusy={isBusy}>
          Sign up
        </Button>
        <p className={styles.other}>
          Been here before? <Link href={withNext("/sign-in", search)}>Use your account</Link>
        </p>
      </Form>
    </Page>
  );
}
