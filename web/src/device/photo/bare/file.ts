/** What a file is, and the same file without metadata; pixels stay as they are. */

import { CutFileError, OddFileError, type Bytes, isAt } from "./bytes";
import { bareIso } from "./iso";
import { bareJpeg } from "./jpeg";
import type { BareFile, PhotoType } from "./model";
import { PNG_SIGNATURE, barePng } from "./png";
import { bareWebp } from "./webp";

const BRANDS_AT = 8;
const BRAND_BYTES = 4;
const BRANDS_MAX = 64;

/** A brand that names the codec says more than one that names the container alone. */
const BRANDS: readonly (readonly [PhotoType, readonly string[]])[] = [
  ["image/avif", ["avif", "avis"]],
  ["image/heic", ["heic", "heix", "heim", "heis"]],
  ["image/heif", ["mif1", "mif2"]],
];

const READERS: Readonly<Record<PhotoType, (file: Bytes) => BareFile>> = {
  "image/jpeg": bareJpeg,
  "image/png": barePng,
  "image/webp": bareWebp,
  "image/avif": bareIso,
  "image/heic": bareIso,
  "image/heif": bareIso,
};

/** By its first bytes, as the server tells; null if it is nothing that the server takes. */
export function typeOf(file: Bytes): PhotoType | null {
  if (isAt(file, 0, "\xff\xd8\xff")) return "image/jpeg";
  if (isAt(file, 0, PNG_SIGNATURE)) return "image/png";
  if (isAt(file, 0, "RIFF") && isAt(file, 8, "WEBP")) return "image/webp";
  return isAt(file, 4, "ftyp") ? typeByBrand(file) : null;
}

/**
 * Null if its metadata cannot be taken off for sure.
 *
 * @throws {CutFileError} It ends too early, which some decoders pass over.
 */
export function bareFile(file: Bytes, type: PhotoType): BareFile | null {
  try {
    return READERS[type](file);
  } catch (error) {
    if (!(error instanceof OddFileError)) throw error;
    if (error instanceof CutFileError && !isIso(type)) throw error;
    return null;
  }
}

/** Whether its decoder turns it upright, whatever metadata say. */
export function isIso(type: PhotoType): boolean {
  return READERS[type] === bareIso;
}

function typeByBrand(file: Bytes): PhotoType | null {
  const length = new DataView(file.buffer, file.byteOffset, BRANDS_AT).getUint32(0);
  const end = Math.min(length, file.length, BRANDS_AT + BRANDS_MAX * BRAND_BYTES);
  const brands: string[] = [];
  for (let at = BRANDS_AT; at + BRAND_BYTES <= end; at += BRAND_BYTES) {
    brands.push(String.fromCharCode(...file.subarray(at, at + BRAND_BYTES)));
  }
  return BRANDS.find(([, known]) => known.some((each) => brands.includes(each)))?.[0] ?? null;
}
