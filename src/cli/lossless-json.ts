// JSON as `wsk` prints it: with four blanks, free-form values with their keys in order, numbers as they
// were sent.

import type { JsonObject } from "../kernel/json.ts";
import { isRawNumber } from "../kernel/lossless-json.ts";

const INDENT = 4;

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
