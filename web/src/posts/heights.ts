/** How high a card is before it is laid out: what PostCard.module.css makes of it. */

import type { PostFieldsFragment } from "../gql/graphql";
import { pictureHeight } from "./shapes";

const HEAD_REM = 4;
const TEXT_PADDING_REM = 0.75;
const TEXT_MARGIN_REM = 1;
const LINE_REM = 1.55;
const LINES_MAX = 3;
/** Of a letter, on average, in the fonts of tokens.css. */
const LETTER_REM = 0.49;
const MISSING_RATIO = 4 / 3;

type Sized = Pick<PostFieldsFragment, "image" | "description">;

/**
 * Exact but for the number of lines of text, which is estimated.
 *
 * @param post Null while it is not known.
 * @param remPx The font size of the page.
 */
export function cardHeight(post: Sized | null, widthPx: number, remPx = 16): number {
  const headPx = HEAD_REM * remPx;
  if (!post) return headPx + widthPx / MISSING_RATIO;
  const picturePx = post.image ? pictureHeight(post.image, widthPx) : 0;
  return headPx + picturePx + textHeight(post.description, widthPx / remPx) * remPx;
}

function textHeight(text: string, widthRem: number): number {
  if (!text) return 0;
  const letters = Math.max(1, Math.floor((widthRem - 2 * TEXT_MARGIN_REM) / LETTER_REM));
  const lines = text
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / letters)), 0);
  return 2 * TEXT_PADDING_REM + Math.min(LINES_MAX, lines) * LINE_REM;
}
