/** Leaving this device. */

import { useEffect, useState } from "react";
import { useLocation } from "wouter";

import { useSignedIn, useSurroundings, useWatched } from "../frame/context";
import { sizeInWords } from "../words/sizes";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { count } from "../words/times";
import styles from "./Settings.module.css";

export function SignOut() {
  const { session } = useSurroundings();
  const [, navigate] = useLocation();
  const underway = useUnderway();
  const [isAsking, setIsAsking] = useState(false);
  const leave = () => {
    void session.logOut();
    navigate("/");
  };
  return (
    <>
      <p className={styles.quiet}>
        Recent photos are kept here, and those that are still on their way. <Space />
        Signing out takes them off this device.
      </p>
      <Button
        kind="quiet"
        onClick={() => {
          if (underway > 0) setIsAsking(true);
          else leave();
        }}
      >
        Sign out
      </Button>
      <Dialog
        title="Sign out now?"
        isOpen={isAsking}
        onClose={() => {
          setIsAsking(false);
        }}
      >
        <p>{count(underway, "photo is", "photos are")} still on the way, and would be lost.</p>
        <DialogActions>
          <Button kind="danger" onClick={leave}>
            Sign out
          </Button>
          <Button
            kind="quiet"
            onClick={() => {
              setIsAsking(false);
            }}
          >
            Stay
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

/** How many photos would be lost. */
function useUnderway(): number {
  const { uploads } = useSignedIn();
  return useWatched(uploads).filter(({ postId }) => postId === null).length;
}

function Space() {
  const bytes = useUsedBytes();
  if (bytes === null) return null;
  return (
    <>
      Together they take about <span className={styles.size}>{sizeInWords(bytes)}</span>.{" "}
    </>
  );
}

function useUsedBytes(): number | null {
  const [bytes, setBytes] = useState<number | null>(null);
  useEffect(() => {
    let isShown = true;
    const measure = async () => {
      // It is there on https and localhost only.
      const storage = navigator.storage as StorageManager | undefined;
      const { usage } = (await storage?.estimate()) ?? {};
      if (isShown) setBytes(usage ?? null);
    };
    void measure();
    return () => {
      isShown = false;
    };
  }, []);
  return bytes;
}
