/** What arrives of a request. */

import type { IncomingMessage } from "node:http";

/** How much of a request arrives that is cut. */
const CUT_BYTES = 100 * 1024;

/** Why a request was not answered as it wished to be. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code = "FORBIDDEN") {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export interface Body {
  bytes: Buffer;
  isCut: boolean;
}

export async function takeBody(request: IncomingMessage, fault?: unknown): Promise<Body> {
  const most = fault === "cut" ? CUT_BYTES : Infinity;
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.length;
      if (size > most) break;
    }
  } catch {
    return { bytes: Buffer.concat(pieces), isCut: true };
  }
  return { bytes: Buffer.concat(pieces), isCut: size > most };
}
