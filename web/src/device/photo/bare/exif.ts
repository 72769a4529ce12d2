/** The one tag of Exif that pixels need: how the camera was held (CIPA DC-008, tag 0x0112). */

import { Reader, OddFileError, type Bytes, bytesOf, isAt, littleEndian } from "./bytes";

export const EXIF_SIGNATURE = "Exif\0\0";
export const UPRIGHT = 1;

const ORIENTATION = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;
const ORIENTATIONS = 8;

/** What a TIFF structure says, with or without its signature before it; 1 if it is odd. */
export function orientationOf(exif: Bytes): number {
  const tiff = isAt(exif, 0, EXIF_SIGNATURE) ? exif.subarray(EXIF_SIGNATURE.length) : exif;
  try {
    return orientationIn(tiff);
  } catch (error) {
    if (error instanceof OddFileError) return UPRIGHT;
    throw error;
  }
}

/** A TIFF structure that says nothing but that. */
export function tiffWith(orientation: number): Bytes {
  const entry = [
    ...littleEndian(ORIENTATION, 2),
    ...littleEndian(SHORT, 2),
    ...littleEndian(1, 4),
    ...littleEndian(orientation, 4),
  ];
  return Uint8Array.from([...bytesOf("II*\0"), 8, 0, 0, 0, 1, 0, ...entry, 0, 0, 0, 0]);
}

function orientationIn(tiff: Bytes): number {
  const order = new Reader(tiff).text(2);
  if (order !== "II" && order !== "MM") throw new OddFileError();
  const uint = (at: number, byteCount: number): number => {
    const bytes = new Reader(tiff, at).take(byteCount);
    return new Reader(order === "MM" ? bytes : bytes.slice().reverse()).uint(byteCount);
  };
  const directory = uint(4, 4);
  const first = directory + 2;
  const entries = uint(directory, 2);
  for (let at = first; at < first + entries * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (uint(at, 2) === ORIENTATION) return known(uint(at + 8, 2));
  }
  return UPRIGHT;
}

function known(orientation: number): number {
  return orientation >= UPRIGHT && orientation <= ORIENTATIONS ? orientation : UPRIGHT;
}
