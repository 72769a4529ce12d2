/** A PNG without metadata: of its chunks, those that its pixels depend on (PNG, third edition). */

import type { Size } from "../model";
import { Reader, OddFileError, type Bytes, bigEndian, bytesOf } from "./bytes";
import { UPRIGHT, orientationOf, tiffWith } from "./exif";
import type { BareFile } from "./model";

export const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";

/** Frames of an animation are not among them: the server takes the picture that all can show. */
const KEPT = new Set([
  ...["PLTE", "IDAT", "IEND", "tRNS"],
  ...["gAMA", "cHRM", "sRGB", "iCCP", "cICP", "mDCV", "cLLI", "sBIT"],
]);
const FIRST = "IHDR";
const LAST = "IEND";
const EXIF = "eXIf";
const CHECKSUM_BYTES = 4;
const POLYNOMIAL = 0xedb88320;

interface Chunk {
  name: string;
  data: Bytes;
  /** All of it. */
  bytes: Bytes;
}

/** @throws {OddFileError} It has no end, or no picture. */
export function barePng(file: Bytes): BareFile {
  const [header, ...chunks] = chunksOf(file);
  if (header?.name !== FIRST) throw new OddFileError();
  const exif = chunks.find(({ name }) => name === EXIF);
  const kept = chunks.filter(({ name }) => KEPT.has(name)).map(({ bytes }) => bytes);
  return {
    size: sizeOf(header.data),
    orientation: exif ? orientationOf(exif.data) : UPRIGHT,
    pieces: (orientation) => [
      bytesOf(PNG_SIGNATURE),
      header.bytes,
      ...chunkWith(orientation),
      ...kept,
    ],
  };
}

function* chunksOf(file: Bytes): Generator<Chunk, void> {
  const reader = new Reader(file, PNG_SIGNATURE.length);
  for (let name = ""; name !== LAST;) {
    const from = reader.at;
    const length = reader.uint(4);
    name = reader.text(4);
    const data = reader.take(length);
    reader.skip(CHECKSUM_BYTES);
    yield { name, data, bytes: file.subarray(from, reader.at) };
  }
}

function sizeOf(header: Bytes): Size {
  const reader = new Reader(header);
  const width = reader.uint(4);
  const height = reader.uint(4);
  if (!width || !height) throw new OddFileError();
  return { width, height };
}

function chunkWith(orientation: number): readonly Bytes[] {
  if (orientation === UPRIGHT) return [];
  const data = tiffWith(orientation);
  const named = Uint8Array.from([...bytesOf(EXIF), ...data]);
  return [bigEndian(data.length, 4), named, bigEndian(checksumOf(named), 4)];
}

/** CRC-32, as in annex D. */
function checksumOf(bytes: Bytes): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0);
  }
  return ~rest >>> 0;
}
