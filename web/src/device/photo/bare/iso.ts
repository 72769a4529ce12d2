/**
 * An AVIF or HEIC without metadata (ISO/IEC 23008-12).
 *
 * Places in such a file are told by their distance from its beginning, so nothing in it moves: what
 * is no picture becomes zeros where it is, and what follows the pictures is cut off.
 */

import type { Size } from "../model";
import { type Box, boxesIn, versionOf } from "./boxes";
import { Reader, OddFileError, type Bytes, bytesOf } from "./bytes";
import { UPRIGHT } from "./exif";
import { type Extent, type Item, extentsIn, itemsIn } from "./items";
import type { BareFile } from "./model";

const FILE_BOXES = ["ftyp", "meta", "mdat"];
const META_BOXES = ["hdlr", "dinf", "pitm", "iinf", "iloc", "iref", "iprp", "idat", "grpl"];
const PICTURES = ["av01", "hvc1", "hev1", "lhv1", "avc1", "jpeg", "grid", "iden", "iovl", "tmap"];
const PROPERTIES = [
  ...[
    "ispe",
    "pixi",
    "colr",
    "irot",
    "imir",
    "clap",
    "pasp",
    "auxC",
    "clli",
    "mdcv",
    "cclv",
    "amve",
  ],
  ...[
    "av1C",
    "a1op",
    "a1lx",
    "hvcC",
    "lhvC",
    "avcC",
    "jpgC",
    "lsel",
    "oinf",
    "tols",
    "rloc",
    "iscl",
  ],
];
const FILM = "moov";
const NOTHING = "free";

/** Bytes from one place of the file to another. */
type Range = readonly [from: number, to: number];

/** @throws {OddFileError} Not all of its metadata are found for sure. */
export function bareIso(file: Bytes): BareFile {
  const all = boxesOfPicture(file);
  const end = Math.max(...all.filter(isOfPicture).map(({ body }) => body.end), 0);
  const bare = file.slice(0, end);
  const boxes = all.filter(({ body }) => body.end <= end);
  for (const box of boxes) if (!isOfPicture(box)) drop(bare, box);
  const meta = [...boxesIn(contentOf(only(boxes, "meta")))];
  for (const box of meta) if (!META_BOXES.includes(box.type)) drop(bare, box);
  const data = boxes.filter(({ type }) => type === "mdat");
  dropItems(bare, meta, data);
  return {
    size: withProperties(bare, only(meta, "iprp")),
    orientation: UPRIGHT,
    pieces: () => [bare],
  };
}

function isOfPicture({ type }: Box): boolean {
  return FILE_BOXES.includes(type);
}

/** Up to whatever has been put behind it, such as the film of a moving photo. */
function boxesOfPicture(file: Bytes): readonly Box[] {
  const found: Box[] = [];
  try {
    for (const box of boxesIn(new Reader(file))) {
      if (box.type === "ftyp" && found.length > 0) break;
      found.push(box);
    }
  } catch (error) {
    if (!(error instanceof OddFileError)) throw error;
  }
  if (found.some(({ type }) => type === FILM)) throw new OddFileError();
  return found;
}

/** Leaves of the file's data what pictures are made of. */
function dropItems(bare: Bytes, meta: readonly Box[], data: readonly Box[]): void {
  const items = itemsIn(only(meta, "iinf"));
  const kept = new Set(items.filter(isPicture).map(({ id }) => id));
  for (const item of items) if (!kept.has(item.id)) unname(bare, item);
  const extents = extentsIn(only(meta, "iloc")).filter(({ itemId }) => kept.has(itemId));
  const inFile = extents.filter(({ isInFile }) => isInFile).map((each) => rangeOf(each, 0));
  if (!inFile.every((range) => data.some(({ body }) => isWithin(body, range)))) {
    throw new OddFileError();
  }
  for (const { body } of data) clearAround(bare, body, inFile);
  for (const { body } of meta.filter(({ type }) => type === "idat")) {
    const inside = extents.filter(({ isInFile }) => !isInFile);
    clearAround(
      bare,
      body,
      inside.map((each) => rangeOf(each, body.at)),
    );
  }
}

function isPicture({ type }: Item): boolean {
  return PICTURES.includes(type);
}

/** Readers pass over items of a type that they do not know. */
function unname(bare: Bytes, { typeAt, rest }: Item): void {
  bare.set(bytesOf(NOTHING), typeAt);
  bare.fill(0, rest.at, rest.end);
}

function rangeOf({ from, length }: Extent, start: number): Range {
  return [start + from, start + from + length];
}

function isWithin(body: Reader, [from, to]: Range): boolean {
  return from >= body.at && to <= body.end;
}

function clearAround(bare: Bytes, body: Reader, kept: readonly Range[]): void {
  let at = body.at;
  for (const [from, to] of [...kept].sort((one, other) => one[0] - other[0])) {
    if (from > at) bare.fill(0, at, Math.min(from, body.end));
    at = Math.max(at, to);
  }
  if (at < body.end) bare.fill(0, at, body.end);
}

/** Clears texts and times among the properties, which go by their number; the largest picture. */
function withProperties(bare: Bytes, properties: Box): Size {
  const container = only([...boxesIn(properties.body)], "ipco");
  const sizes: Size[] = [];
  for (const { type, body } of boxesIn(container.body)) {
    if (!PROPERTIES.includes(type)) bare.fill(0, body.at, body.end);
    if (type === "ispe") sizes.push(sizeOf(body));
  }
  const [first, ...others] = sizes;
  if (!first) throw new OddFileError();
  return others.reduce((largest, each) => (areaOf(each) > areaOf(largest) ? each : largest), first);
}

function sizeOf(extents: Reader): Size {
  versionOf(extents);
  return { width: extents.uint(4), height: extents.uint(4) };
}

function areaOf({ width, height }: Size): number {
  return width * height;
}

function contentOf({ body }: Box): Reader {
  versionOf(body);
  return body;
}

function drop(bare: Bytes, { typeAt, body }: Box): void {
  bare.set(bytesOf(NOTHING), typeAt);
  bare.fill(0, body.at, body.end);
}

function only(boxes: readonly Box[], type: string): Box {
  const [box, another] = boxes.filter((each) => each.type === type);
  if (!box || another) throw new OddFileError();
  return box;
}
