/** ThumbHashes as pictures, to be shown until the picture itself is there. */

import { thumbHashToDataURL } from "thumbhash";

/** How many stay decoded: about 5 kB each. */
const MOST = 200;

const decoded = new Map<string, string | null>();

/** @returns A CSS image; null for a hash that is none. */
export function placeholderOf(thumbhash: string): string | null {
  const known = decoded.get(thumbhash);
  const image = known === undefined ? decode(thumbhash) : known;
  // The one that was asked for last goes last.
  decoded.delete(thumbhash);
  decoded.set(thumbhash, image);
  const [first] = decoded.keys();
  if (decoded.size > MOST && first !== undefined) decoded.delete(first);
  return image;
}

function decode(thumbhash: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0));
    return bytes.length < HASH_MIN_BYTES ? null : `url("${thumbHashToDataURL(bytes)}")`;
  } catch {
    return null;
  }
}

/** What the library reads of every hash, without a look whether it is there. */
const HASH_MIN_BYTES = 5;
