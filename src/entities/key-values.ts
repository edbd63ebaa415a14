// Parameters and annotations: arrays of keys and values (rest-api specification, 3.0).

import { failure } from "../kernel/errors.ts";
import type { KeyValue } from "./action.ts";

/** Of a key given twice the last one is kept, where it stood first. */
export function dropDuplicates(given: readonly KeyValue[]): readonly KeyValue[] {
  const byKey = new Map(given.map((entry) => [entry.key, entry]));
  return [...byKey.values()];
}

/** `changes` over `before`, key by key. */
export function mergeKeyValues(
  before: readonly KeyValue[],
  changes: readonly KeyValue[],
): readonly KeyValue[] {
  return dropDuplicates([...before, ...changes]);
}

/** UTF-8 bytes of each key and of each value's compact JSON. Throws `too-large`. */
export function checkSize(
  field: "parameters" | "annotations",
  entries: readonly KeyValue[],
  allowed: number,
): void {
  let is = 0;
  for (const { key, value } of entries) {
    is += Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));
  }
  if (is > allowed) throw failure("too-large", { field, is, allowed });
}
