/** A JPEG without metadata (ITU-T T.81, annex B; JFIF; the orientation in a small Exif). */

import type { Size } from "../model";
import { CutFileError, OddFileError, Reader, type Bytes, bigEndian, bytesOf, isAt } from "./bytes";
import { EXIF_SIGNATURE, UPRIGHT, orientationOf, tiffWith } from "./exif";
import type { BareFile } from "./model";

const START = Uint8Array.of(0xff, 0xd8);
const END = Uint8Array.of(0xff, 0xd9);
const END_MARKER = 0xd9;
const SCAN_MARKER = 0xda;
const EXIF_MARKER = 0xe1;
const COMMENT_MARKER = 0xfe;
const FRAME_MARKERS = [
  0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf,
];

/** Of the applications' segments, these say what colours the numbers are. */
const KEPT = new Map([
  [0xe0, "JFIF\0"],
  [0xe2, "ICC_PROFILE\0"],
  [0xee, "Adobe"],
]);
/** A JFIF segment up to where its thumbnail begins, whose width and height are the last two bytes. */
const JFIF_BYTES = 14;

interface Segment {
  marker: number;
  /** Without marker and length, and without the data of a scan. */
  data: Bytes;
  /** All of it. */
  bytes: Bytes;
}

/** @throws {OddFileError} It has no end, or no picture. */
export function bareJpeg(file: Bytes): BareFile {
  const segments = [...segmentsOf(file)];
  const exif = segments.find(isExif);
  const frame = segments.find(({ marker }) => FRAME_MARKERS.includes(marker));
  if (!frame) throw new OddFileError();
  const kept = segments.flatMap(withoutMetadata);
  return {
    size: sizeOf(frame.data),
    orientation: exif ? orientationOf(exif.data) : UPRIGHT,
    pieces: (orientation) => [START, ...segmentWith(orientation), ...kept, END],
  };
}

function* segmentsOf(file: Bytes): Generator<Segment, void> {
  const reader = new Reader(file, START.length);
  for (;;) {
    const from = reader.at;
    const marker = markerAt(reader);
    if (marker === END_MARKER) return;
    const length = reader.uint(2);
    if (length < 2) throw new OddFileError();
    const data = reader.take(length - 2);
    if (marker === SCAN_MARKER) skipScan(reader);
    yield { marker, data, bytes: file.subarray(from, reader.at) };
  }
}

function markerAt(reader: Reader): number {
  if (reader.uint(1) !== 0xff) throw new OddFileError();
  let marker = reader.uint(1);
  while (marker === 0xff) marker = reader.uint(1);
  return marker;
}

/** Goes past the data of a scan, to the next marker that is not part of it. */
function skipScan(reader: Reader): void {
  let at = reader.bytes.indexOf(0xff, reader.at);
  while (at >= 0 && isData(reader.bytes[at + 1])) at = reader.bytes.indexOf(0xff, at + 1);
  if (at < 0) throw new CutFileError();
  reader.skip(at - reader.at);
}

/** A stuffed zero, a restart marker, or a fill byte before either. */
function isData(after: number | undefined): boolean {
  return after === 0 || after === 0xff || (after !== undefined && after >= 0xd0 && after <= 0xd7);
}

function withoutMetadata(segment: Segment): readonly Bytes[] {
  const { marker, data, bytes } = segment;
  if (marker === COMMENT_MARKER) return [];
  if (marker < 0xe0 || marker > 0xef) return [bytes];
  const signature = KEPT.get(marker);
  if (signature === undefined || !isAt(data, 0, signature)) return [];
  return marker === 0xe0 ? withoutThumbnail(data) : [bytes];
}

function withoutThumbnail(jfif: Bytes): readonly Bytes[] {
  if (jfif.length < JFIF_BYTES) return [];
  const head = jfif.slice(0, JFIF_BYTES);
  head.fill(0, JFIF_BYTES - 2);
  return [segmentOf(0xe0, head)];
}

function isExif({ marker, data }: Segment): boolean {
  return marker === EXIF_MARKER && isAt(data, 0, EXIF_SIGNATURE);
}

function sizeOf(frame: Bytes): Size {
  const reader = new Reader(frame, 1);
  const height = reader.uint(2);
  const width = reader.uint(2);
  if (!width || !height) throw new OddFileError();
  return { width, height };
}

function segmentWith(orientation: number): readonly Bytes[] {
  if (orientation === UPRIGHT) return [];
  return [segmentOf(EXIF_MARKER, bytesOf(EXIF_SIGNATURE), tiffWith(orientation))];
}

function segmentOf(marker: number, ...data: readonly Bytes[]): Bytes {
  const length = data.reduce((sum, each) => sum + each.length, 2);
  return Uint8Array.from([
    0xff,
    marker,
    ...bigEndian(length, 2),
    ...data.flatMap((each) => [...each]),
  ]);
}
