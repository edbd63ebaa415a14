// JSON that passes through as text. Bodies and results are parsed once, to know what they are, and
// then handed on as the very text that came in: it costs nothing and keeps every digit of a number.

import { isRawNumber } from "./lossless-json.ts";

/** Text that has been parsed successfully as one JSON value, without raw line breaks. */
export type RawJson = string & { readonly brand: "RawJson" };

export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && !isRawNumber(value);
}

export function toRawJson(value: unknown): RawJson {
  return JSON.stringify(value) as RawJson;
}

/**
 * The text as one line. Line breaks in JSON stand only between tokens (inside strings they are
 * escaped), so they may be replaced by blanks without changing the value.
 */
export function toSingleLine(validJson: string): RawJson {
  return (/[\r\n]/.test(validJson) ? validJson.replace(/[\r\n]/g, " ") : validJson) as RawJson;
}

/** As deep as OpenWhisk's reader goes. What is printed anew or copied anew is walked recursively. */
const NESTING_MAX = 1000;

/** Whether arrays and objects stand in one another deeper than anybody needs. Takes any text. */
export function isTooDeep(text: string): boolean {
  if (!hasManyOpening(text)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = findStringEnd(text, at);
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > NESTING_MAX) return true;
  }
  return false;
}

/** A megabyte of the shortest numbers has fewer; sixteen million take ten seconds to parse. */
export const VALUES_MAX = 600_000;

/** Whether there are more values than that side by side. Takes any text. */
export function isTooWide(text: string, valuesMax: number = VALUES_MAX): boolean {
  if (text.length <= valuesMax) return false;
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = findStringEnd(text, at);
    else if (character === ",") count++;
    if (count >= valuesMax) return true;
  }
  return false;
}

/** `1e400` and the like, which would be stored as `null`. */
export function hasInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasInfinity);
}

/** Of the string that begins there; the text's end where it has none. */
export function findStringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text[first - 1] === "\\") first--;
    // As many backslashes as escape one another: the quote stands for itself.
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}

/** Few texts have so many brackets that they must be looked at in order. */
function hasManyOpening(text: string): boolean {
  let count = 0;
  for (const bracket of ["[", "{"]) {
    let at = text.indexOf(bracket);
    while (at !== -1 && count <= NESTING_MAX) {
      count++;
      at = text.indexOf(bracket, at + 1);
    }
  }
  return count > NESTING_MAX;
}
