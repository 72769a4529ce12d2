/** What is written about a photo before it is posted. */

import { useCallback, useRef, useState, type SyntheticEvent } from "react";

import { useReading } from "../accounts/reading";
import type { Uploads } from "../device/uploads/model";
import { useWatched } from "../frame/context";
import { SettingsDocument } from "../gql/graphql";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Choice";
import { Field } from "../ui/Field";
import { Refused } from "../ui/Refused";
import { faultsOf, toldAtOnce, type Faults } from "./checks";
import { ALT_TEXT_MAX, DESCRIPTION_MAX, type Draft, type DraftState } from "./draft";
import styles from "./DraftForm.module.css";
import { PhotoChooser } from "./PhotoChooser";
import { Preview } from "./Preview";
import { lengthOf } from "./texts";

interface DraftFormProps {
  draft: Draft;
  uploads: Uploads;
}

export function DraftForm({ draft, uploads }: DraftFormProps) {
  const state = useWatched(draft);
  const form = useRef<HTMLFormElement>(null);
  const [isTried, setIsTried] = useState(false);
  const isAltTextRequired = useIsAltTextRequired();
  const faults = faultsOf(state, isAltTextRequired);
  const told = isTried ? faults : toldAtOnce(faults, state);
  const choose = useCallback(
    (file: Blob) => {
      draft.choose(file);
    },
    [draft],
  );
  const post = async (event: SyntheticEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (Object.values(faults).some((fault) => fault !== null)) {
      firstAtFault(form.current, faults)?.focus();
      return;
    }
    if (!(await draft.post(uploads))) return;
    setIsTried(false);
    announce("Your photo is on its way.");
    form.current?.querySelector("input")?.focus();
  };
  return (
    <form ref={form} className={styles.form} noValidate onSubmit={(event) => void post(event)}>
      <PhotoChooser onChoose={choose}>
        {state.previewUrl && (
          <Preview key={state.previewUrl} draft={state} url={state.previewUrl} />
        )}
      </PhotoChooser>
      {told.photo && (
        <p role="alert" className={styles.error}>
          {told.photo}
        </p>
      )}
      <Texts draft={draft} state={state} told={told} isAltTextRequired={isAltTextRequired} />
      <OriginalChoice draft={draft} state={state} />
      {state.refusal && <Refused refusal={state.refusal} />}
      <Button type="submit" className={styles.post} isBusy={state.isPosting}>
        Post
      </Button>
    </form>
  );
}

/** Where nobody knows, the server has the last word. */
function useIsAltTextRequired(): boolean {
  const { data } = useReading(SettingsDocument, {});
  return data?.viewer?.settings?.altTextRequired ?? false;
}

interface PartProps {
  draft: Draft;
  state: DraftState;
}

interface TextsProps extends PartProps {
  told: Faults;
  isAltTextRequired: boolean;
}

function Texts({ draft, state, told, isAltTextRequired }: TextsProps) {
  return (
    <>
      <Field
        label="Description"
        isMultiline
        hint={lengthOf(state.description, DESCRIPTION_MAX).hint}
        error={told.description}
        value={state.description}
        onChange={({ target }) => {
          draft.write({ description: target.value });
        }}
      />
      <Field
        label="Alternative text"
        isMultiline
        rows={2}
        required={isAltTextRequired}
        hint={
          lengthOf(state.altText, ALT_TEXT_MAX).hint ??
          "Say what is to be seen, for people who cannot see it. Screen readers read it out."
        }
        error={told.altText}
        value={state.altText}
        onChange={({ target }) => {
          draft.write({ altText: target.value });
        }}
      />
    </>
  );
}

function OriginalChoice({ draft, state }: PartProps) {
  return (
    <Choice
      label="Send the original"
      why="With all its pixels. It takes longer, and more of your data."
      checked={state.keepsOriginal}
      onChange={(isWanted) => {
        draft.setKeepsOriginal(isWanted);
      }}
    />
  );
}

/** React has not marked the fields yet. */
function firstAtFault(form: HTMLFormElement | null, faults: Faults): HTMLElement | undefined {
  const [description, altText] = form?.querySelectorAll("textarea") ?? [];
  if (faults.photo) return form?.querySelector("input") ?? undefined;
  return faults.description ? description : altText;
}
