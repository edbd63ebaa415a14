// The streamed answer of one run: passed on where somebody awaits the stream, else collected into an
// ordinary result. Of what is passed on, the record keeps the beginning.

import { isUtf8 } from "node:buffer";
import { StringDecoder } from "node:string_decoder";
import type { Answered, BodySink } from "../drivers/port.ts";
import {
  isJsonObject,
  isTooDeep,
  type JsonObject,
  type RawJson,
  toRawJson,
  toSingleLine,
} from "../kernel/json.ts";
import { KB } from "../kernel/units.ts";
import type { StreamWriter } from "../streams/port.ts";
import { classifyRun, type Exchange, type Outcome } from "./classify.ts";

/** Of a streamed body, in its record. */
const RECORDED_BYTES_MAX: number = 64 * KB;

export interface StreamedAnswerOptions {
  readonly head: RawJson;
  /** Absent where nobody awaits the stream. */
  readonly writer: StreamWriter | undefined;
  /** Of a result. */
  readonly bytesMax: number;
}

/** `undefined` for what is no object: what an action sends is judged, never trusted. */
export function parseHead(text: string): RawJson | undefined {
  try {
    return !isTooDeep(text) && isJsonObject(JSON.parse(text)) ? toSingleLine(text) : undefined;
  } catch {
    return undefined;
  }
}

export class StreamedAnswer implements BodySink {
  readonly unwanted: AbortSignal;
  readonly #options: StreamedAnswerOptions;
  readonly #overflow = new AbortController();
  readonly #keptMax: number;
  /** Grows by doubling: many small pieces cost no more than their bytes. */
  #kept: Buffer = Buffer.alloc(0);
  #keptBytes = 0;
  #bytes = 0;

  constructor(options: StreamedAnswerOptions) {
    const { writer, bytesMax } = options;
    this.#options = options;
    this.#keptMax = writer === undefined ? bytesMax : Math.min(bytesMax, RECORDED_BYTES_MAX);
    this.unwanted = writer?.unwanted ?? this.#overflow.signal;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length;
    this.#keep(bytes);
    const { writer } = this.#options;
    if (writer !== undefined) await writer.write(bytes);
    else if (this.#bytes > this.#keptMax) this.#overflow.abort();
  }

  #keep(bytes: Buffer): void {
    const total = Math.min(this.#keptBytes + bytes.length, this.#keptMax);
    if (total > this.#kept.length) {
      const grown = Buffer.allocUnsafe(Math.min(2 * total, this.#keptMax));
      this.#kept.copy(grown, 0, 0, this.#keptBytes);
      this.#kept = grown;
    }
    bytes.copy(this.#kept, this.#keptBytes, 0, total - this.#keptBytes);
    this.#keptBytes = total;
  }

  /** As `classifyRun`, of an answer whose body has come here. */
  classify(exchange: Exchange): Outcome {
    const { answer, elapsedMs, timeoutMs } = exchange;
    // Called off, and did not end by itself in the time that it had for that.
    const isLeft = answer.type === "timed-out" && this.unwanted.aborted && elapsedMs < timeoutMs;
    const isDone = answer.type === "answered" && answer.status === 200;
    if (!isLeft && !isDone) return classifyRun(exchange);
    const body = this.#toResult();
    const isPassedOn = this.#options.writer !== undefined;
    // What is passed on is not bound as a result is, and its copy in the record has a bound of its own.
    const bytesMax = isPassedOn ? Number.POSITIVE_INFINITY : exchange.bytesMax;
    const bytes = Math.max(Buffer.byteLength(body), isPassedOn ? 0 : this.#bytes);
    const whole: Answered = { type: "answered", status: 200, body, bytes };
    const outcome = classifyRun({ ...exchange, answer: whole, bytesMax });
    return isLeft ? { ...outcome, keepContainer: false } : outcome;
  }

  #toResult(): RawJson {
    const { head, writer } = this.#options;
    const isCut = this.#bytes > this.#keptBytes;
    const { text, encoding } = toText(this.#kept.subarray(0, this.#keptBytes), isCut);
    const result: JsonObject = { ...JSON.parse(head), body: text };
    if (writer === undefined) return toRawJson(result);
    const streamed = {
      bytes: this.#bytes,
      kept: this.#keptBytes,
      encoding,
      complete: !this.unwanted.aborted,
    };
    return toRawJson({ ...result, streamed });
  }
}

/** Text where it is text, but for a last character that was cut in two; else Base64. */
function toText(bytes: Buffer, isCut: boolean): { text: string; encoding: "utf-8" | "base64" } {
  const text = isCut ? new StringDecoder("utf8").write(bytes) : bytes.toString();
  const whole = isCut ? bytes.subarray(0, Buffer.byteLength(text)) : bytes;
  if (isUtf8(whole)) return { text, encoding: "utf-8" };
  return { text: bytes.toString("base64"), encoding: "base64" };
}
