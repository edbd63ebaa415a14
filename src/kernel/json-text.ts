// Work on JSON as text: members put in front, picked out, and a value indented, without reading its
// numbers. A value that passes through keeps every digit, and is not built up as objects on the way.

import { findStringEnd, type RawJson } from "./json.ts";
import { KB } from "./units.ts";

/** Puts members, `"key":value`, in front of an object's own. */
export function prependMembers(members: readonly string[], object: RawJson): RawJson {
  if (members.length === 0) return object;
  const inner = object.trim().slice(1, -1).trim();
  return `{${members.join(",")}${inner === "" ? "" : ","}${inner}}` as RawJson;
}

/** Puts members, `"key":value`, behind an object's own: they win over those of the same key. */
export function appendMembers(members: readonly string[], object: RawJson): RawJson {
  if (members.length === 0) return object;
  const inner = object.trim().slice(1, -1).trim();
  return `{${inner}${inner === "" ? "" : ","}${members.join(",")}}` as RawJson;
}

/** The text of those members that the object has. Of a key that is there twice the last one counts. */
export function pickMembers(
  object: RawJson,
  names: readonly string[],
): ReadonlyMap<string, RawJson> {
  const picked = new Map<string, RawJson>();
  let at = object.indexOf('"');
  while (at !== -1) {
    const keyEnd = findStringEnd(object, at);
    const key: unknown = JSON.parse(object.slice(at, keyEnd + 1));
    const start = object.indexOf(":", keyEnd) + 1;
    const end = findValueEnd(object, start);
    if (typeof key === "string" && names.includes(key)) {
      picked.set(key, object.slice(start, end).trim() as RawJson);
    }
    at = object.indexOf('"', end);
  }
  return picked;
}

/** Where the member's value that begins there is over: at the comma or bracket behind it. */
function findValueEnd(object: string, start: number): number {
  let depth = 0;
  for (let at = start; at < object.length; at++) {
    switch (object[at]) {
      case '"':
        at = findStringEnd(object, at);
        break;
      case "{":
      case "[":
        depth++;
        break;
      case "}":
      case "]":
        if (depth === 0) return at;
        depth--;
        break;
      case ",":
        if (depth === 0) return at;
        break;
      default:
    }
  }
  return object.length;
}

/**
 * What is nested hundreds of levels deep is mostly blanks when it is indented, up to a thousand times
 * its length. Nobody reads that: beyond this growth the text stays as it is.
 */
const GROWTH_MAX = 4;
const GROWTH_BYTES_FREE = KB;

/**
 * The value as `JSON.stringify(value, null, 2)` prints it, but with its numbers as they are. From bytes
 * to bytes: of a megabyte it takes 25 ms, where text that grows by the token takes 400.
 */
export function indentJson(value: RawJson): Buffer {
  const source = Buffer.from(value);
  const lines = new Lines(GROWTH_MAX * source.length + GROWTH_BYTES_FREE);
  let inString = false;
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] ?? 0;
    if (!inString && byte <= BLANK) continue;
    if (lines.isFull) return source;
    if (byte === QUOTE) inString = !inString;
    if (!inString && byte !== QUOTE) lines.putToken(byte);
    else {
      lines.put(byte);
      if (byte === BACKSLASH) lines.put(source[++at] ?? 0);
    }
  }
  return lines.bytes;
}

const [BLANK = 0, LINE_BREAK = 0, QUOTE = 0, BACKSLASH = 0, COMMA = 0, COLON = 0] =
  Buffer.from(' \n"\\,:');
const [ARRAY = 0, ARRAY_END = 0, OBJECT = 0, OBJECT_END = 0] = Buffer.from("[]{}");
const INDENT_BYTES = 2;

/** Lines written byte by byte, each indented as deep as brackets are open. */
class Lines {
  readonly #target: Buffer;
  #length = 0;
  #depth = 0;
  /** A bracket was opened, and nothing is in it yet: empty ones stay on their line. */
  #isOpened = false;

  constructor(bytesMax: number) {
    this.#target = Buffer.allocUnsafe(bytesMax);
  }

  get bytes(): Buffer {
    return this.#target.subarray(0, this.#length);
  }

  /** Whether there may be no room for a line break, an escaped byte and what comes behind it. */
  get isFull(): boolean {
    return this.#length + INDENT_BYTES * this.#depth + 4 > this.#target.length;
  }

  /** A byte of a string or of a scalar. */
  put(byte: number): void {
    if (this.#isOpened) this.#breakLine();
    this.#target[this.#length++] = byte;
  }

  /** A byte that is in no string. */
  putToken(byte: number): void {
    if (byte === ARRAY_END || byte === OBJECT_END) {
      this.#depth--;
      if (!this.#isOpened) this.#breakLine();
      this.#isOpened = false;
      this.put(byte);
      return;
    }
    this.put(byte);
    if (byte === COMMA) this.#breakLine();
    else if (byte === COLON) this.put(BLANK);
    else if (byte === ARRAY || byte === OBJECT) {
      this.#depth++;
      this.#isOpened = true;
    }
  }

  #breakLine(): void {
    this.#isOpened = false;
    const end = this.#length + 1 + INDENT_BYTES * this.#depth;
    this.#target[this.#length++] = LINE_BREAK;
    while (this.#length < end) this.#target[this.#length++] = BLANK;
  }
}
