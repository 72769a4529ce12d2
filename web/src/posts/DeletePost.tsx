/** Taking one's own post back. */

import { useState } from "react";
import { useMutation } from "urql";
import { useLocation } from "wouter";

import { throwFirst } from "../device/refusals";
import { useSignedIn } from "../frame/context";
import { refused } from "../graph/asking";
import { DeletePostDocument, type PostFieldsFragment } from "../gql/graphql";
import { pictureOf } from "../pictures/model";
import { announce } from "../ui/announce";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { Refused } from "../ui/Refused";
import { useAsking } from "../ui/useAsking";

export function DeletePost({ post }: { post: PostFieldsFragment }) {
  const [isOpen, setIsOpen] = useState(false);
  const [, navigate] = useLocation();
  const { ask, isBusy, refusal, dismiss } = useAsking(useDeleting(post));
  const keep = () => {
    setIsOpen(false);
    dismiss();
  };
  const remove = async () => {
    if (!(await ask())) return;
    announce("The photo is deleted.");
    navigate(`/people/${post.author.username}`, { replace: true });
  };
  return (
    <>
      <Button
        kind="quiet"
        onClick={() => {
          setIsOpen(true);
        }}
      >
        Delete
      </Button>
      <Dialog title="Delete this photo?" isOpen={isOpen} onClose={keep}>
        <p>It is gone for everybody, at once, and cannot be brought back.</p>
        {refusal && <Refused refusal={refusal} />}
        <DialogActions>
          <Button kind="danger" isBusy={isBusy} onClick={() => void remove()}>
            Delete
          </Button>
          <Button kind="quiet" onClick={keep}>
            Keep
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

/** On the server, and everywhere on this device. */
function useDeleting(post: PostFieldsFragment): () => Promise<void> {
  const { feed, pictures } = useSignedIn();
  const [, deletePost] = useMutation(DeletePostDocument);
  return async () => {
    const { data, error } = await deletePost({ input: { postId: post.id } });
    if (error) throw refused(error);
    throwFirst(data?.deletePost.errors.filter(({ code }) => code !== "NOT_FOUND") ?? []);
    feed.remove((entry) => entry.id === post.id);
    void pictures.remove(pictureOf(post));
  };
}
