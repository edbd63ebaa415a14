// What the driver and Brisk's own launchers say to each other over the connection that a container is
// born with: one line a message, bodies spliced in as the text they are, never parsed here.
//
//   to the launcher     I<seq> \t <init value>
//                       R<seq> \t <context> \t <arguments>    (the context has no raw tab, being made here)
//   from the launcher   <seq> <status> <body>
//
// Whoever answers is hostile: tenant code shares the launcher's process. Nothing is kept beyond the
// bound of the request that is answered, and what is no answer ends the conversation.

import { StringDecoder } from "node:string_decoder";
import type { Answered, InitRequest, RunRequest } from "./port.ts";

/** The sequence number of the message by which a launcher says that it takes `init`. */
export const READY_SEQ = 0;

const NEWLINE = 10;
const SPACE = 32;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
/** Fifteen digits of number, three of status and two blanks; whatever is longer is no header. */
const HEADER_BYTES_MAX = 20;
const STATUS_DIGITS = 3;
const NOTHING = Buffer.alloc(0);

export function encodeInit(seq: number, request: InitRequest): string {
  return `I${seq}\t${JSON.stringify(request)}\n`;
}

export function encodeRun(seq: number, request: RunRequest): string {
  return `R${seq}\t${JSON.stringify(request.context)}\t${request.value}\n`;
}

export interface AnswerSink {
  /** How many bytes of the answer to keep, or `undefined` if nothing with that number was asked. */
  bytesMax(seq: number): number | undefined;
  answer(seq: number, answered: Answered): void;
  /** Called at most once; what is read afterwards is ignored. */
  malformed(): void;
}

/** The answer being read, once its header is complete. */
interface Reading {
  readonly seq: number;
  readonly status: number;
  readonly bytesMax: number;
  /** The first piece as it was read; from the second on a copy that grows by doubling up to `bytesMax`, so that many small pieces cost no more than their bytes. */
  kept: Buffer;
  keptBytes: number;
  bytes: number;
}

export class AnswerReader {
  readonly #sink: AnswerSink;
  #header: Buffer = NOTHING;
  #reading: Reading | undefined;
  #broken = false;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#broken) {
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline === -1 ? chunk.length : newline;
      if (this.#reading === undefined) this.#start(chunk.subarray(at, end), newline !== -1);
      else this.#take(this.#reading, chunk.subarray(at, end));
      if (newline !== -1) this.#finish();
      at = end + 1;
    }
  }

  #start(piece: Buffer, complete: boolean): void {
    const text = this.#header.length === 0 ? piece : Buffer.concat([this.#header, piece]);
    const bodyStart = this.#readHeader(text);
    if (bodyStart !== undefined) {
      this.#header = NOTHING;
      if (this.#reading !== undefined) this.#take(this.#reading, text.subarray(bodyStart));
    } else if (complete || text.length >= HEADER_BYTES_MAX) this.#break();
    // A copy: the piece is a view of a whole read buffer.
    else this.#header = Buffer.from(text);
  }

  /** @returns where the body starts, or `undefined` if the header is not complete or not one */
  #readHeader(text: Buffer): number | undefined {
    const seqEnd = text.indexOf(SPACE);
    const statusEnd = seqEnd + 1 + STATUS_DIGITS;
    if (seqEnd <= 0 || statusEnd >= HEADER_BYTES_MAX || text[statusEnd] !== SPACE) return undefined;
    const seq = readDigits(text, 0, seqEnd);
    const status = readDigits(text, seqEnd + 1, statusEnd);
    const bytesMax = seq === undefined ? undefined : this.#sink.bytesMax(seq);
    if (seq === undefined || status === undefined || bytesMax === undefined) {
      this.#break();
      return undefined;
    }
    this.#reading = { seq, status, bytesMax, kept: NOTHING, keptBytes: 0, bytes: 0 };
    return statusEnd + 1;
  }

  #take(reading: Reading, piece: Buffer): void {
    reading.bytes += piece.length;
    const room = reading.bytesMax - reading.keptBytes;
    if (room <= 0 || piece.length === 0) return;
    const wanted = piece.length > room ? piece.subarray(0, room) : piece;
    if (reading.keptBytes === 0) {
      reading.kept = wanted;
      reading.keptBytes = wanted.length;
      return;
    }
    const total = reading.keptBytes + wanted.length;
    if (total > reading.kept.length) reading.kept = grow(reading, 2 * total);
    wanted.copy(reading.kept, reading.keptBytes);
    reading.keptBytes = total;
  }

  #finish(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    this.#reading = undefined;
    const { seq, status, bytes } = reading;
    this.#sink.answer(seq, { type: "answered", status, body: decode(reading), bytes });
  }

  #break(): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#reading = undefined;
    this.#header = NOTHING;
    this.#sink.malformed();
  }
}

function grow(reading: Reading, wanted: number): Buffer {
  const grown = Buffer.allocUnsafe(Math.min(reading.bytesMax, wanted));
  reading.kept.copy(grown, 0, 0, reading.keptBytes);
  return grown;
}

function decode({ kept, keptBytes, bytes }: Reading): string {
  if (bytes === keptBytes) return kept.toString("utf8", 0, keptBytes);
  // Cut: a character that was cut in two is left out rather than shown as a broken one.
  return new StringDecoder("utf8").write(kept.subarray(0, keptBytes));
}

function readDigits(text: Buffer, start: number, end: number): number | undefined {
  let number = 0;
  for (let index = start; index < end; index += 1) {
    const digit = text[index] ?? 0;
    if (digit < DIGIT_0 || digit > DIGIT_9) return undefined;
    number = 10 * number + digit - DIGIT_0;
  }
  return number;
}
