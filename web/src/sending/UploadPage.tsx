/** The page where photos set out. */

import { useEffect, useState } from "react";

import { preparePhoto } from "../device/photo/prepare";
import type { UploadState } from "../device/uploads/model";
import { useSignedIn, useWatched } from "../frame/context";
import { online } from "../frame/online";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Draft } from "./draft";
import { DraftForm } from "./DraftForm";
import { OnItsWayList } from "./OnItsWayList";

export function UploadPage() {
  const { uploads } = useSignedIn();
  const isOnline = useWatched(online);
  const [draft] = useState(() => new Draft(preparePhoto));
  useEffect(
    () => () => {
      draft.leave();
    },
    [draft],
  );
  const edit = ({ key, photo, description, altText }: UploadState) => {
    draft.choose(photo);
    draft.write({ description, altText });
    void uploads.discard(key);
    scrollTo({ top: 0 });
  };
  return (
    <Page title="New photo">
      {!isOnline && (
        <Notice kind="info">
          You are offline. Photos that you post are kept on this device, and go out as soon as the
          network is back.
        </Notice>
      )}
      <DraftForm draft={draft} uploads={uploads} />
      <OnItsWayList uploads={uploads} onEdit={edit} />
    </Page>
  );
}
