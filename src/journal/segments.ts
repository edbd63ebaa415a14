// A journal's files: numbered segments of frames. What is read here may have been torn by a crash.
//
//     segment  00000001.log, 00000002.log, …   frame*
//     frame    u32 length of the payload, u32 CRC-32 of the payload, payload

import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

export const HEADER_BYTES = 8;
const NAME = /^(\d{8})\.log$/;

export interface Position {
  readonly segment: number;
  /** Of the payload within the segment. */
  readonly offset: number;
  readonly length: number;
}

export type Frame = Position & { readonly payload: Buffer };

export function toSegmentPath(directory: string, segment: number): string {
  return join(directory, `${String(segment).padStart(8, "0")}.log`);
}

/** In ascending order. */
export function listSegments(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export function toHeader(payload: readonly Buffer[]): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  let length = 0;
  let sum = 0;
  for (const part of payload) {
    length += part.length;
    sum = crc32(part, sum);
  }
  header.writeUInt32LE(length, 0);
  header.writeUInt32LE(sum, 4);
  return header;
}

/**
 * Hands over every whole frame, and returns the bytes that they take. What stands behind them is the
 * torn end of the last write; `isLast` says whether that may be: within older segments nothing tears.
 */
export function readSegment(
  directory: string,
  { segment, isLast }: { segment: number; isLast: boolean },
  take: (frame: Frame) => void,
): number {
  const path = toSegmentPath(directory, segment);
  const bytes = readFileSync(path);
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const offset = at + HEADER_BYTES;
    if (offset + length > bytes.length) break;
    const payload = bytes.subarray(offset, offset + length);
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) break;
    // A run of zeros is what a file system may leave of a write that it lost.
    if (length === 0) break;
    take({ segment, offset, length, payload });
    at = offset + length;
  }
  if (at === bytes.length) return at;
  if (!isLast) {
    throw new Error(
      `${path} is damaged at byte ${at} of ${bytes.length}: restore it, or move it away`,
    );
  }
  truncateSync(path, at);
  return at;
}

/** A directory's entries are durable only when the directory itself was synced. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
