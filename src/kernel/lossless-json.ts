// Numbers that JavaScript would not print as they were written: they are kept as their text, in an object
// that `JSON.stringify` writes as it is. They cannot be copied to another thread.

/** A number as its text. */
interface RawNumber {
  readonly rawJSON: string;
}

/** In Node since 22, but not in the library's types. */
interface SourceAwareJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const { parse, rawJSON, isRawJSON } = JSON as unknown as SourceAwareJson;

/**
 * Whole numbers from 2^53 on, and fractions that are longer than JavaScript prints its own. In a text they
 * stand behind one of these, or at the beginning; looked for behind anything, a text of digits would be
 * gone through many times.
 */
const LONG_NUMBER = /(?:^|[-[,:\s])(?:\d{16}|\d[\d.]{19})/;

/** Such a number looks like an object to whoever walks through a value. */
export function isRawNumber(value: unknown): value is RawNumber {
  return isRawJSON(value);
}

/** Every number as it is written: 1.0 does not become 1. Throws a `SyntaxError`. */
export function parseLossless(text: string): unknown {
  return parse(text, (_, value, { source }) => keep(value, source));
}

/** Whether there may be a number that has more digits than are read exactly. Takes any text. */
export function hasLongNumber(text: string): boolean {
  return LONG_NUMBER.test(text);
}

/**
 * Every digit of long numbers, at no cost where there is none. Where there is one it takes a second for
 * 600,000 values, twenty times as long as otherwise. Throws a `SyntaxError`.
 */
export function parseKeepingDigits(text: string): unknown {
  if (!hasLongNumber(text)) return JSON.parse(text);
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && Number.isFinite(value) && hasLongNumber(source ?? "")
      ? keep(value, source)
      : value,
  );
}

function keep(value: unknown, source: string | undefined): unknown {
  const isChanged = typeof value === "number" && source !== undefined && String(value) !== source;
  return isChanged ? rawJSON(source) : value;
}

export function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return isRawNumber(value) ? Number(value.rawJSON) : Number.NaN;
}
