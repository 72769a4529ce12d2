/** Leaving for good. */

import { useState } from "react";
import { useLocation } from "wouter";

import { useSurroundings } from "../frame/context";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { useAsking } from "../ui/useAsking";
import { errorAt, Form, typed } from "./Form";
import { PasswordField } from "./PasswordField";
import styles from "./Settings.module.css";

export function DeleteAccount() {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <p className={styles.quiet}>
        Deleting your account takes your photos away from everybody, at once and for good.
      </p>
      <Button
        kind="danger"
        onClick={() => {
          setIsAsking(true);
        }}
      >
        Delete account
      </Button>
      <Dialog
        title="Delete your account?"
        isOpen={isAsking}
        onClose={() => {
          setIsAsking(false);
        }}
      >
        <Question
          onKeep={() => {
            setIsAsking(false);
          }}
        />
      </Dialog>
    </>
  );
}

function Question({ onKeep }: { onKeep: () => void }) {
  const { session } = useSurroundings();
  const [, navigate] = useLocation();
  const { ask, isBusy, refusal } = useAsking(async (values: FormData) => {
    await session.deleteAccount(typed(values, "password"));
    navigate("/");
  });
  return (
    <Form refusal={refusal} fields={["password"]} onSubmit={(values) => void ask(values)}>
      <p>
        All your photos, whom you follow and who follows you will be gone.{" "}
        <strong>There is no way back.</strong>
      </p>
      <PasswordField
        autoComplete="current-password"
        hint="So that we know it is you."
        error={errorAt("password", refusal)}
      />
      <DialogActions>
        <Button kind="danger" type="submit" isBusy={isBusy}>
          Delete account
        </Button>
        <Button kind="quiet" onClick={onKeep}>
          Keep it
        </Button>
      </DialogActions>
    </Form>
  );
}
