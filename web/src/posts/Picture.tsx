/** A post's picture, in room that was kept for it. */

import { useEffect, useState } from "react";

import { useWatched } from "../frame/context";
import { online } from "../frame/online";
import type { PostFieldsFragment } from "../gql/graphql";
import styles from "./Picture.module.css";
import { placeholderOf } from "./placeholders";
import { fullSize, roomOf, sizesOf, type Image, type Shape } from "./shapes";
import { sourcesOf } from "./sources";
import { altOf } from "./words";

interface PictureProps {
  post: PostFieldsFragment;
  shape?: Shape;
  /** It is among the first that are seen. */
  priority?: boolean;
  sizes?: string | undefined;
}

/** Nothing, as long as there is no picture. */
export function Picture({ post, shape = "card", ...loading }: PictureProps) {
  const { image } = post;
  if (!image) return null;
  const backgroundImage = placeholderOf(image.thumbhash) ?? undefined;
  return (
    <div
      className={[styles.frame, styles[shape]].join(" ")}
      style={{ ...roomOf(image, shape), backgroundImage }}
    >
      <Trying image={image} alt={altOf(post)} shape={shape} {...loading} />
    </div>
  );
}

interface TryingProps extends Omit<PictureProps, "post"> {
  image: Image;
  alt: string;
}

/** The picture, or why it is not seen; it is tried again when the network is back. */
function Trying(props: TryingProps) {
  const isOnline = useWatched(online);
  const [attempt, setAttempt] = useState(0);
  const [isFailed, setIsFailed] = useState(false);
  useEffect(() => {
    if (!isFailed) return;
    const again = () => {
      setIsFailed(false);
      setAttempt((earlier) => earlier + 1);
    };
    addEventListener("online", again);
    return () => {
      removeEventListener("online", again);
    };
  }, [isFailed]);
  return (
    <>
      <Variants
        key={attempt}
        {...props}
        isFailed={isFailed}
        onError={() => {
          setIsFailed(true);
        }}
      />
      {isFailed && (
        <p className={styles.failed}>
          {isOnline ? "This picture cannot be shown right now." : "This picture is not kept here."}
        </p>
      )}
    </>
  );
}

interface VariantsProps extends TryingProps {
  isFailed: boolean;
  onError: () => void;
}

function Variants({
  image,
  alt,
  shape = "card",
  priority = false,
  sizes = sizesOf(image, shape),
  isFailed,
  onError,
}: VariantsProps) {
  const { sources, src } = sourcesOf(image);
  return (
    <picture>
      {sources.map(({ type, srcSet }) => (
        <source key={type} type={type} srcSet={srcSet} sizes={sizes} />
      ))}
      {/* Without credentials, so that what is kept of it on the device is not opaque. */}
      <img
        {...fullSize(image)}
        className={isFailed ? styles.unseen : styles.image}
        alt={alt}
        crossOrigin="anonymous"
        decoding="async"
        loading={priority ? "eager" : "lazy"}
        fetchPriority={priority ? "high" : "auto"}
        src={src}
        onError={onError}
      />
    </picture>
  );
}
