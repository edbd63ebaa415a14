// Large bodies of answers, a portion at a time: some 0.1 ms of work, and then it is others' turn. A client
// that reads as fast as it is written to would get all of it in one turn, or have the loop for itself.

import { setTimeout as delay } from "node:timers/promises";
import { KB, MB } from "../kernel/units.ts";

/** In pieces where it is so large that putting them together would hold others up. */
export type Body = string | Buffer | readonly Uint8Array[];

/** Up to here, which is more than one result has, it is sent at once: that takes a millisecond. */
const LENGTH_MAX = 2 * MB;
const PORTION_LENGTH = 128 * KB;
const PORTION_EVERY_MS = 1;

export function isInPieces(body: Body): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

/** Of a text in characters, which is near enough. */
export function toLength(body: Body): number {
  if (!isInPieces(body)) return body.length;
  return body.reduce((length, piece) => length + piece.byteLength, 0);
}

export function isForPortions(body: Body): boolean {
  return isInPieces(body) || body.length > LENGTH_MAX;
}

export async function* toPortions(body: Body): AsyncGenerator<Uint8Array> {
  for (const piece of isInPieces(body) ? body : [body]) {
    for (let at = 0; at < piece.length; ) {
      const end = typeof piece === "string" ? toEnd(piece, at) : at + PORTION_LENGTH;
      yield typeof piece === "string" ? Buffer.from(piece.slice(at, end)) : piece.subarray(at, end);
      at = end;
      await delay(PORTION_EVERY_MS);
    }
  }
}

/** Never between the halves of a surrogate pair, which are characters only together. */
function toEnd(text: string, at: number): number {
  const end = at + PORTION_LENGTH;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last < 0xdc00 ? end + 1 : end;
}
