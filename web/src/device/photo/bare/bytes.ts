/** Reading and writing the bytes of files that may be damaged. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** The file is not what it says, or more than is understood here. */
export class OddFileError extends Error {}

/** The file ends too early. */
export class CutFileError extends OddFileError {}

/** Big-endian values one after the other, none of them past the end. */
export class Reader {
  readonly bytes: Bytes;
  readonly end: number;
  at: number;

  constructor(bytes: Bytes, at = 0, end = bytes.length) {
    if (at > end || end > bytes.length) throw new CutFileError();
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** An unsigned number of so many bytes; exact up to 2^53, which no place in a file exceeds. */
  uint(byteCount: number): number {
    let value = 0;
    for (const byte of this.take(byteCount)) value = value * 256 + byte;
    return value;
  }

  text(byteCount: number): string {
    return String.fromCharCode(...this.take(byteCount));
  }

  take(byteCount: number): Bytes {
    const from = this.at;
    this.skip(byteCount);
    return this.bytes.subarray(from, this.at);
  }

  skip(byteCount: number): void {
    if (byteCount > this.left) throw new CutFileError();
    this.at += byteCount;
  }

  /** Another reader, of what comes next. */
  part(byteCount: number): Reader {
    const from = this.at;
    this.skip(byteCount);
    return new Reader(this.bytes, from, this.at);
  }
}

/** Whether the bytes at a place are these characters. */
export function isAt(bytes: Bytes, at: number, text: string): boolean {
  return bytesOf(text).every((each, index) => bytes[at + index] === each);
}

export function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}

export function littleEndian(value: number, byteCount: number): Bytes {
  return Uint8Array.from({ length: byteCount }, (_, index) => Math.floor(value / 256 ** index));
}

export function bigEndian(value: number, byteCount: number): Bytes {
  return littleEndian(value, byteCount).reverse();
}
