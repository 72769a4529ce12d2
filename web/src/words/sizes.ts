/** Sizes as people say them. */

const KILO = 1000;
const UNITS = ["B", "kB", "MB", "GB"];

/** "310 kB", "4.2 MB". */
export function sizeInWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (Math.round(size) >= KILO && unit < UNITS.length - 1) {
    size /= KILO;
    unit += 1;
  }
  const digits = unit > 1 && size < 10 ? 1 : 0;
  return `${size.toFixed(digits)} ${UNITS[unit] ?? ""}`;
}
