/** What is in an ISO file, and where (ISO/IEC 14496-12, 8.11.3 and 8.11.6). */

import { type Box, boxesIn, versionOf } from "./boxes";
import { Reader, OddFileError } from "./bytes";

const WITH_TYPES = 2;

export interface Item {
  id: number;
  type: string;
  typeAt: number;
  /** Name and media type, perhaps. */
  rest: Reader;
}

/** Bytes of the file, or of the `idat` box. */
export interface Extent {
  itemId: number;
  isInFile: boolean;
  from: number;
  length: number;
}

/** How many bytes each number of a location takes. */
interface Layout {
  version: number;
  baseBytes: number;
  indexBytes: number;
  offsetBytes: number;
  lengthBytes: number;
}

/** @throws {OddFileError} Some have no type. */
export function itemsIn({ body }: Box): readonly Item[] {
  body.skip(versionOf(body) === 0 ? 2 : 4);
  return [...boxesIn(body)].map((entry) => itemOf(entry.body));
}

/** @throws {OddFileError} Some are elsewhere, or are put together from others. */
export function extentsIn({ body }: Box): readonly Extent[] {
  const version = versionOf(body);
  const [offsetBytes, lengthBytes] = halves(body.uint(1));
  const [baseBytes, indexBytes] = halves(body.uint(1));
  const layout = {
    version,
    baseBytes,
    indexBytes: version > 0 ? indexBytes : 0,
    offsetBytes,
    lengthBytes,
  };
  const found: Extent[] = [];
  for (let left = body.uint(version < 2 ? 2 : 4); left > 0; left--) {
    found.push(...extentsOfItem(body, layout));
  }
  return found;
}

function* extentsOfItem(body: Reader, layout: Layout): Generator<Extent, void> {
  const itemId = body.uint(layout.version < 2 ? 2 : 4);
  const method = layout.version > 0 ? body.uint(2) & 0xf : 0;
  const source = body.uint(2);
  if (method > 1 || source !== 0) throw new OddFileError();
  const base = body.uint(layout.baseBytes);
  for (let left = body.uint(2); left > 0; left--) {
    body.skip(layout.indexBytes);
    const from = base + body.uint(layout.offsetBytes);
    const length = body.uint(layout.lengthBytes);
    if (length === 0) throw new OddFileError();
    yield { itemId, isInFile: method === 0, from, length };
  }
}

function itemOf(body: Reader): Item {
  const version = versionOf(body);
  if (version < WITH_TYPES) throw new OddFileError();
  const id = body.uint(version === WITH_TYPES ? 2 : 4);
  body.skip(2);
  const typeAt = body.at;
  return { id, type: body.text(4), typeAt, rest: body };
}

function halves(byte: number): [number, number] {
  return [byte >> 4, byte & 0xf];
}
