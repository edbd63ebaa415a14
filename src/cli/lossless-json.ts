// JSON in which numbers stay as they were sent: 1.0 does not become 1, and no digit of an id is lost.
// Written with four blanks, free-form values with their keys in order, as `wsk` does.

import type { JsonObject } from "../kernel/json.ts";

/** A number as its text; `JSON.stringify` writes it as it is. */
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

const INDENT = 4;

/** Such a number looks like an object to whoever walks through a value. */
export function isRawNumber(value: unknown): value is RawNumber {
  return isRawJSON(value);
}

/** Throws a `SyntaxError`. */
export function parseJson(text: string): unknown {
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source
      ? rawJSON(source)
      : value,
  );
}

export function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return isRawNumber(value) ? Number(value.rawJSON) : Number.NaN;
}

export function formatJson(value: unknown): string {
  return JSON.stringify(value ?? null, undefined, INDENT);
}

/** Keys in order, all the way down. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null || isRawNumber(value)) return value;
  const entries = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sortKeys(each)]));
}
