/** The boxes that an ISO file is made of (ISO/IEC 14496-12, 4.2). */

import { Reader, OddFileError } from "./bytes";

const HEAD_BYTES = 8;
const LONG_HEAD_BYTES = 16;

export interface Box {
  type: string;
  /** Where its four letters are. */
  typeAt: number;
  body: Reader;
}

/** One after the other, to the end of what is read. @throws {OddFileError} */
export function* boxesIn(reader: Reader): Generator<Box, void> {
  while (reader.left > 0) yield nextBox(reader);
}

/** Version of a full box, whose flags are skipped. */
export function versionOf(body: Reader): number {
  const version = body.uint(1);
  body.skip(3);
  return version;
}

function nextBox(reader: Reader): Box {
  const from = reader.at;
  const short = reader.uint(4);
  const type = reader.text(4);
  const isLong = short === 1;
  const head = isLong ? LONG_HEAD_BYTES : HEAD_BYTES;
  const length = isLong ? reader.uint(8) : short || reader.end - from;
  if (length < head) throw new OddFileError();
  return { type, typeAt: from + 4, body: reader.part(length - head) };
}
