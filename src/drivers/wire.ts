// What the driver and Brisk's own launchers say to each other over the connection that a container is
// born with: one line a message, bodies spliced in as the text they are, never parsed here.
//
//   to the launcher     I<seq> \t <init value>
//                       R<seq> \t <context> \t <arguments>    (the context has no raw tab, being made here)
//                       A<seq> \t <sent at> \t <context> \t <arguments>
//                                                             (the same, but sent before what runs was answered)
//                       B0 \t                                 (give back what has not begun)
//                       G<seq> \t <credit>                     (so much more of the body may be sent)
//                       C<seq> \t                              (nobody wants the rest of the body)
//   from the launcher   <seq> <status> <body>
//                       <seq> 102                             (it wrote output, or may have: before its answer)
//                       <seq> 103 <result without its body>   (the answer is streamed: once, before its pieces)
//                       <seq> 100 <piece of the body in Base64>
//                       <seq> 425 <why>                       (not begun: `output` where the run before wrote some)
//
// As in HTTP, a status below 200 announces: the answer itself follows, also behind the last piece.
// A piece costs its bytes and `PIECE_COST`; one may be sent as long as any credit is left.
//
// Whoever answers is hostile: tenant code shares the launcher's process. Nothing is kept beyond the
// bound of the request that is answered, and what is no answer ends the conversation.

import { StringDecoder } from "node:string_decoder";
import { LargeText } from "../kernel/large-text.ts";
import { KB } from "../kernel/units.ts";
import type { Answered, InitRequest, RunRequest } from "./port.ts";

export const STATUS_HEAD = 103;
export const STATUS_PIECE = 100;
export const STATUS_WROTE = 102;
/** Of a run that was handed over before those before it had ended, and comes back. */
export const STATUS_NOT_BEGUN = 425;
/** Its text where the container is to get no runs ahead any more. */
export const NOT_BEGUN_OUTPUT = "output";
const STATUS_ANSWER_MIN = 200;
/** What the launcher sends at a time at most; it cuts what is longer. */
export const PIECE_BYTES_MAX: number = 48 * KB;
/** In Base64. */
export const PIECE_TEXT_MAX: number = (PIECE_BYTES_MAX / 3) * 4;
/** Beside its bytes: so that not too many small ones come at a time. Known to the launcher. */
export const PIECE_COST = 256;
/** Of the result without its body. Known to the launcher. */
export const HEAD_BYTES_MAX: number = 64 * KB;

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

/** In pieces, where the code is large. */
export function encodeInit(seq: number, request: InitRequest): readonly (string | Uint8Array)[] {
  const { code, ...rest } = request;
  if (!(code instanceof LargeText)) return [`I${seq}\t${JSON.stringify(request)}\n`];
  return [`I${seq}\t${JSON.stringify(rest).slice(0, -1)},"code":`, code.json, "}\n"];
}

export function encodeRun(seq: number, request: RunRequest): string {
  return `R${seq}\t${encodeRequest(request)}`;
}

/** For one that is sent before what runs was answered; its deadline moves by what it waits. */
export function encodeRunAhead(seq: number, request: RunRequest): string {
  return `A${seq}\t${Date.now()}\t${encodeRequest(request)}`;
}

function encodeRequest({ context, value }: RunRequest): string {
  return `${JSON.stringify(context)}\t${value}\n`;
}

export const GIVE_BACK = "B0\t\n";

export function encodeGrant(seq: number, credit: number): string {
  return `G${seq}\t${credit}\n`;
}

export function encodeCancel(seq: number): string {
  return `C${seq}\t\n`;
}

export interface AnswerSink {
  /** How many bytes of the message to keep, or `undefined` if none such with that number may come. */
  bytesMax(seq: number, status: number): number | undefined;
  answer(seq: number, answered: Answered): void;
  /** What comes before a streamed answer. False where it is not what was to come: it is malformed. */
  announce(seq: number, announced: Answered): boolean;
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
    if (seq === undefined || status === undefined) {
      this.#break();
      return undefined;
    }
    const bytesMax = this.#sink.bytesMax(seq, status);
    if (bytesMax === undefined) {
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
    const answered: Answered = { type: "answered", status, body: decode(reading), bytes };
    if (status >= STATUS_ANSWER_MIN) this.#sink.answer(seq, answered);
    else if (!this.#sink.announce(seq, answered)) this.#break();
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
