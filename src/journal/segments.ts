// A journal's files: numbered segments of frames. What is read here may have been torn by a crash.
//
//     segment  00000001.log, 00000002.log, …   frame*
//     frame    u32 length of the payload, u32 CRC-32 of the payload, payload
//
// A segment is whole on disk before the next one gets its first byte: so only the last one with
// anything in it may have a torn end, and damage anywhere else is damage.

import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { BriskError } from "../kernel/errors.ts";

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
function listSegments(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Puts the header before a payload that already stands in its place. */
export function writeHeader(buffer: Buffer, at: number, length: number): void {
  const start = at + HEADER_BYTES;
  buffer.writeUInt32LE(length, at);
  buffer.writeUInt32LE(crc32(buffer.subarray(start, start + length)), at + 4);
}

/**
 * Hands over every whole frame, and returns where they end. A payload is a view of `bytes`; its
 * position is counted from `base`.
 */
export function readFrames(
  bytes: Buffer,
  { segment, base }: { readonly segment: number; readonly base: number },
  take: (frame: Frame) => void,
): number {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const start = at + HEADER_BYTES;
    const end = start + length;
    // A run of zeros is what a file system may leave of a write that it lost.
    if (length === 0 || end > bytes.length) break;
    const payload = bytes.subarray(start, end);
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) break;
    take({ segment, offset: base + start, length, payload });
    at = end;
  }
  return at;
}

/** Hands over the frames of all segments, oldest first, and returns each segment's size. */
export function readSegments(directory: string, take: (frame: Frame) => void): Map<number, number> {
  const segments = listSegments(directory);
  const sizes = segments.map((segment) => statSync(toSegmentPath(directory, segment)).size);
  const last = segments[sizes.findLastIndex((size) => size > 0)];
  return new Map(
    segments.map((segment) => {
      const path = toSegmentPath(directory, segment);
      const bytes = readFileSync(path);
      const end = readFrames(bytes, { segment, base: 0 }, take);
      if (end < bytes.length) {
        if (segment !== last) throw damaged(path, { end, size: bytes.length });
        cut(path, end);
      }
      return [segment, end];
    }),
  );
}

function damaged(path: string, { end, size }: { end: number; size: number }): BriskError {
  return new BriskError(
    "storage-failed",
    `Cannot read ${path}: it is damaged at byte ${end} of ${size}, restore it or move it away`,
  );
}

/** Synced, as the next segment may only begin behind a whole one. */
function cut(path: string, size: number): void {
  const fd = openSync(path, "r+");
  try {
    ftruncateSync(fd, size);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
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
