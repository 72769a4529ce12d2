/** Whether one wants to be held to saying what is to be seen. */

import { useState } from "react";

import { throwFirst } from "../device/refusals";
import { SettingsDocument, UpdateSettingsDocument } from "../gql/graphql";
import { announce } from "../ui/announce";
import { Choice } from "../ui/Choice";
import { Refused } from "../ui/Refused";
import { useAsking } from "../ui/useAsking";
import { useDoing, useReading } from "./reading";
import { Unread } from "./Unread";

export function AltTextSetting() {
  const { data, refusal, again } = useReading(SettingsDocument, {});
  if (refusal && !data) return <Unread refusal={refusal} onRetry={again} />;
  return <Requiring isRequired={data?.viewer?.settings?.altTextRequired ?? null} />;
}

/** Null while it is not known. */
function Requiring({ isRequired }: { isRequired: boolean | null }) {
  const update = useDoing(UpdateSettingsDocument);
  // What was asked for is shown at once; the answer has the last word.
  const [wish, setWish] = useState<boolean | null>(null);
  const { ask, refusal } = useAsking(async (altTextRequired: boolean) => {
    throwFirst((await update({ input: { altTextRequired } })).updateSettings.errors);
  });
  const change = async (wished: boolean) => {
    setWish(wished);
    if (await ask(wished)) announce("Saved.");
    setWish(null);
  };
  return (
    <Choice
      label="Ask me for alternative text"
      why="Every photo of yours then says what is to be seen on it, for those who cannot see it."
      disabled={isRequired === null}
      checked={wish ?? isRequired ?? false}
      onChange={(wished) => void change(wished)}
    >
      {refusal && <Refused refusal={refusal} />}
    </Choice>
  );
}
