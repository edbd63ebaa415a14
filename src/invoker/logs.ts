// An activation's log: pieces of output become lines with time and stream, up to the action's limit.
// Source: rest-api 6.4, execution-plane 2.9. The limit counts the bytes of the text as it was written.

import type { Output } from "../drivers/port.ts";
import { MB } from "../kernel/units.ts";

/** Width of the time's column. */
const TIME_COLUMN = 30;

type Stream = Output["stream"];

export class LogCollector {
  readonly #bytesMax: number;
  readonly #lines: string[] = [];
  readonly #unfinished = new Map<Stream, { readonly bytes: Buffer[]; readonly at: number }>();
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
    const room = this.#bytesMax - this.#bytes;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    this.#bytes += kept.length;
    this.#split(stream, kept, at);
    if (bytes.length <= room) return;
    this.#truncated = true;
    this.#flush();
    const text = `Logs were truncated because the total bytes size exceeds the limit of ${this.#bytesMax} bytes.`;
    this.#lines.push(toLine("stderr", text, at));
  }

  #split(stream: Stream, bytes: Buffer, at: number): void {
    let from = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      this.#push(stream, bytes.subarray(from, end), at);
      from = end + 1;
    }
    if (from === bytes.length) return;
    const rest = Buffer.from(bytes.subarray(from));
    const unfinished = this.#unfinished.get(stream);
    if (unfinished === undefined) this.#unfinished.set(stream, { bytes: [rest], at });
    else unfinished.bytes.push(rest);
  }

  #push(stream: Stream, end: Buffer, at: number): void {
    const unfinished = this.#unfinished.get(stream);
    this.#unfinished.delete(stream);
    const text = unfinished === undefined ? end : Buffer.concat([...unfinished.bytes, end]);
    this.#lines.push(toLine(stream, text.toString(), unfinished?.at ?? at));
  }

  #flush(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const unfinished = this.#unfinished.get(stream);
      if (unfinished !== undefined) this.#push(stream, Buffer.alloc(0), unfinished.at);
    }
  }

  /** All lines; what did not end in a line break is one too. Nothing may be added afterwards. */
  finish({ developerError, now }: { developerError: boolean; now: number }): readonly string[] {
    if (this.#bytesMax === 0) return [];
    this.#flush();
    if (developerError) {
      const text = "The action did not initialize or run as expected. Log data might be missing.";
      this.#lines.push(toLine("stderr", text, now));
    }
    return this.#lines;
  }
}

function toLine(stream: Stream, text: string, at: number): string {
  // Milliseconds are what is known; the field's clients expect nanoseconds' digits.
  const time = new Date(at).toISOString().replace("Z", "000000Z").padEnd(TIME_COLUMN);
  return `${time} ${stream}: ${text.endsWith("\r") ? text.slice(0, -1) : text}`;
}
