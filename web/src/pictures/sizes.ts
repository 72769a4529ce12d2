/** How wide a picture is shown in the feed: the page asks for it, and keeps it, by the same rule. */

/** The column, and the page's margins beside it where the screen is narrow: see ui/tokens.css. */
const COLUMN_PX = 600;
const MARGINS_PX = 32;

/** The `sizes` of a card's picture. */
export const CARD_SIZES = `(min-width: ${COLUMN_PX + MARGINS_PX}px) ${COLUMN_PX}px, calc(100vw - ${MARGINS_PX}px)`;

/** The same in pixels, in a window of that width. */
export function cardWidth(windowPx: number): number {
  return Math.min(COLUMN_PX, windowPx - MARGINS_PX);
}
