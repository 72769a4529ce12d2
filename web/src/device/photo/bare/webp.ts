/** A WebP without metadata (RFC 9649). */

import type { Size } from "../model";
import { Reader, OddFileError, type Bytes, bytesOf, isAt, littleEndian } from "./bytes";
import { UPRIGHT, orientationOf, tiffWith } from "./exif";
import type { BareFile } from "./model";

const HEAD_BYTES = 12;
const KEPT = new Set(["ICCP", "ALPH", "VP8 ", "VP8L"]);
const EXTENDED = "VP8X";
const EXIF = "EXIF";
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;
const ANIMATION_FLAG = 0x02;
const KEY_FRAME = "\x9d\x01\x2a";
const LOSSLESS = 0x2f;

type Chunks = ReadonlyMap<string, Bytes>;

/** @throws {OddFileError} It is cut off, an animation, or no picture. */
export function bareWebp(file: Bytes): BareFile {
  const chunks = chunksOf(file);
  const exif = chunks.get(EXIF);
  return {
    size: sizeOf(chunks),
    orientation: exif ? orientationOf(exif) : UPRIGHT,
    pieces: (orientation) => written(chunks, orientation),
  };
}

/** Each chunk by its name, the first of those that come twice. */
function chunksOf(file: Bytes): Chunks {
  const length = littleUint(new Reader(file, 4).take(4));
  const reader = new Reader(file, HEAD_BYTES, 8 + length);
  const found = new Map<string, Bytes>();
  while (reader.left > 0) {
    const name = reader.text(4);
    const byteCount = littleUint(reader.take(4));
    const data = reader.take(byteCount);
    reader.skip(Math.min(byteCount % 2, reader.left));
    if (!found.has(name)) found.set(name, data);
  }
  return found;
}

function written(chunks: Chunks, orientation: number): readonly Bytes[] {
  const pieces: Bytes[] = [];
  const extended = chunks.get(EXTENDED);
  if (extended) pieces.push(...chunkOf(EXTENDED, flagged(extended, orientation)));
  for (const [name, data] of chunks) if (KEPT.has(name)) pieces.push(...chunkOf(name, data));
  if (extended && orientation !== UPRIGHT) pieces.push(...chunkOf(EXIF, tiffWith(orientation)));
  const length = pieces.reduce((sum, each) => sum + each.length, "WEBP".length);
  return [bytesOf("RIFF"), littleEndian(length, 4), bytesOf("WEBP"), ...pieces];
}

function flagged(extended: Bytes, orientation: number): Bytes {
  const [flags = 0, ...rest] = extended;
  const exif = orientation === UPRIGHT ? 0 : EXIF_FLAG;
  return Uint8Array.of((flags & ~(EXIF_FLAG | XMP_FLAG)) | exif, ...rest);
}

function chunkOf(name: string, data: Bytes): readonly Bytes[] {
  return [bytesOf(name), littleEndian(data.length, 4), data, new Uint8Array(data.length % 2)];
}

function sizeOf(chunks: Chunks): Size {
  const extended = chunks.get(EXTENDED);
  const lossy = chunks.get("VP8 ");
  const lossless = chunks.get("VP8L");
  if (!lossy && !lossless) throw new OddFileError();
  if (extended) return sizeOfExtended(extended);
  return lossy ? sizeOfLossy(lossy) : sizeOfLossless(lossless ?? new Uint8Array());
}

function sizeOfExtended(data: Bytes): Size {
  const reader = new Reader(data);
  if (reader.uint(1) & ANIMATION_FLAG) throw new OddFileError();
  reader.skip(3);
  return { width: littleUint(reader.take(3)) + 1, height: littleUint(reader.take(3)) + 1 };
}

function sizeOfLossy(data: Bytes): Size {
  if (!isAt(data, 3, KEY_FRAME)) throw new OddFileError();
  const reader = new Reader(data, 6);
  return {
    width: littleUint(reader.take(2)) & 0x3fff,
    height: littleUint(reader.take(2)) & 0x3fff,
  };
}

function sizeOfLossless(data: Bytes): Size {
  const reader = new Reader(data);
  if (reader.uint(1) !== LOSSLESS) throw new OddFileError();
  const bits = littleUint(reader.take(4));
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

function littleUint(bytes: Bytes): number {
  return new Reader(bytes.slice().reverse()).uint(bytes.length);
}
