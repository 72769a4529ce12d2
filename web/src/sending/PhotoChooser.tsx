/** Where a photo is chosen, dropped or pasted. */

import { ImagePlus } from "lucide-react";
import { useEffect, useId, useState, type ReactNode } from "react";

import styles from "./PhotoChooser.module.css";

interface PhotoChooserProps {
  onChoose: (file: File) => void;
  /** What was chosen, if anything was. */
  children: ReactNode;
}

export function PhotoChooser({ onChoose, children }: PhotoChooserProps) {
  const isOver = useDropped(onChoose);
  usePasted(onChoose);
  return (
    <div className={[styles.zone, isOver && styles.over].filter(Boolean).join(" ")}>
      {children}
      <FileInput isFirst={!children} onChoose={onChoose} />
    </div>
  );
}

interface FileInputProps {
  isFirst: boolean;
  onChoose: (file: File) => void;
}

function FileInput({ isFirst, onChoose }: FileInputProps) {
  const id = useId();
  return (
    <div className={isFirst ? styles.first : styles.another}>
      <input
        id={id}
        className={styles.input}
        type="file"
        accept="image/*"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file) onChoose(file);
          // So that the same file can be chosen again.
          target.value = "";
        }}
      />
      <label htmlFor={id} className={styles.label}>
        {isFirst && <ImagePlus size={36} strokeWidth={1.5} aria-hidden="true" />}
        {isFirst ? "Choose a photo" : "Choose another photo"}
      </label>
      {isFirst && <p className={styles.ways}>or drop one here, or paste it</p>}
    </div>
  );
}

/** Anywhere on the page; whether something is held over it. */
function useDropped(onChoose: (file: File) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      setIsOver(false);
      const file = photoIn(event.dataTransfer);
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      if (file) onChoose(file);
    };
    const controller = new AbortController();
    const { signal } = controller;
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", leave, { signal });
    addEventListener("drop", drop, { signal });
    return () => {
      controller.abort();
    };
  }, [onChoose]);
  return isOver;
}

function usePasted(onChoose: (file: File) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = photoIn(event.clipboardData);
      if (!file) return;
      event.preventDefault();
      onChoose(file);
    };
    addEventListener("paste", paste);
    return () => {
      removeEventListener("paste", paste);
    };
  }, [onChoose]);
}

function photoIn(data: DataTransfer | null): File | undefined {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/"));
}
