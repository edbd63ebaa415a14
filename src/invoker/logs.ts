// An activation's log: pieces of output become lines with time and stream, up to the action's limit.
// Source: rest-api 6.4, execution-plane 2.9.
//
// As in OpenWhisk the limit counts what a container engine's log file holds of a line, not its text
// alone: else ten megabytes of empty lines, each with its time, would be a record of hundreds.

import type { Output } from "../drivers/port.ts";
import { MB } from "../kernel/units.ts";

/** Width of the time's column. */
const TIME_COLUMN = 30;
/** Bytes of `{"log":"\n","stream":"stdout","time":"…"}` and its line end, without the text. */
const ENVELOPE_BYTES = 71;
const LINE_END = 10;

type Stream = Output["stream"];

/** A line that is still being written. */
interface Line {
  readonly prefix: string;
  readonly bytes: Buffer[];
}

export class LogCollector {
  readonly #bytesMax: number;
  readonly #lines: string[] = [];
  readonly #unfinished = new Map<Stream, Line>();
  #bytes = 0;
  #truncated = false;

  constructor(limitMb: number) {
    this.#bytesMax = limitMb * MB;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  add({ stream, bytes, at }: Output): void {
    if (this.#bytesMax === 0 || this.#truncated) return;
    const prefix = toPrefix(stream, at);
    for (let from = 0; from < bytes.length && !this.#truncated; ) {
      const end = bytes.indexOf(LINE_END, from);
      const rest = bytes.subarray(from, end === -1 ? bytes.length : end);
      from += rest.length + 1;
      const line = this.#unfinished.get(stream) ?? this.#begin(prefix);
      const text = this.#cut(rest);
      if (end === -1 && !this.#truncated) {
        line.bytes.push(Buffer.from(text));
        this.#unfinished.set(stream, line);
      } else {
        this.#unfinished.delete(stream);
        this.#lines.push(toText(line, text));
      }
    }
    if (this.#truncated) this.#tellTruncation(at);
  }

  #begin(prefix: string): Line {
    this.#bytes += ENVELOPE_BYTES;
    return { prefix, bytes: [] };
  }

  /** What there is room for. */
  #cut(text: Buffer): Buffer {
    const room = Math.max(0, this.#bytesMax - this.#bytes);
    this.#bytes += text.length;
    this.#truncated = this.#bytes > this.#bytesMax;
    return this.#truncated ? text.subarray(0, room) : text;
  }

  #tellTruncation(at: number): void {
    this.#flush();
    const text = `Logs were truncated because the total bytes size exceeds the limit of ${this.#bytesMax} bytes.`;
    this.#lines.push(toPrefix("stderr", at) + text);
  }

  #flush(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const line = this.#unfinished.get(stream);
      if (line !== undefined) this.#lines.push(toText(line, NO_TEXT));
    }
    this.#unfinished.clear();
  }

  /** All lines; what did not end in a line break is one too. Nothing may be added afterwards. */
  finish({ developerError, now }: { developerError: boolean; now: number }): readonly string[] {
    if (this.#bytesMax === 0) return [];
    this.#flush();
    if (developerError) {
      const text = "The action did not initialize or run as expected. Log data might be missing.";
      this.#lines.push(toPrefix("stderr", now) + text);
    }
    return this.#lines;
  }
}

const NO_TEXT = Buffer.alloc(0);

function toPrefix(stream: Stream, at: number): string {
  // Milliseconds are what is known; the field's clients expect nanoseconds' digits.
  const time = new Date(at).toISOString().replace("Z", "000000Z").padEnd(TIME_COLUMN);
  return `${time} ${stream}: `;
}

function toText({ prefix, bytes }: Line, end: Buffer): string {
  const text = (bytes.length === 0 ? end : Buffer.concat([...bytes, end])).toString();
  return prefix + (text.endsWith("\r") ? text.slice(0, -1) : text);
}
