/** Sizes of files as people read them. */

const UNITS = ["byte", "kilobyte", "megabyte"] as const;
const STEP = 1_000;

/** "310 kB", "4.2 MB": with a fraction where that tells something. */
export function sizeInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return new Intl.NumberFormat("en", {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: unit === UNITS.length - 1 && value < 100 ? 1 : 0,
  }).format(value);
}

/** "4.2 MB → 310 kB"; one of them if they are the same in words. */
export function sizesInWords(before: number, after: number): string {
  const [from, to] = [sizeInWords(before), sizeInWords(after)];
  return from === to ? to : `${from} → ${to}`;
}
