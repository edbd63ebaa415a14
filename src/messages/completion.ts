// What an invoker tells the controller that sent it an activation: that it is done and, where somebody
// waits, how it ended. Two or three lines: a JSON header, then the record and the bare result as text.

import type { StatusCode } from "../entities/activation.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";

interface CompletionHeader {
  readonly activationId: ActivationId;
  readonly invoker: string;
  readonly statusCode: StatusCode;
}

export interface Completion extends CompletionHeader {
  /** Only for blocking invocations. */
  readonly outcome?: { readonly record: RawJson; readonly result: RawJson };
}

/** What this process has encoded itself, by its bytes: reading it back takes no parsing. */
const encodedHere = new WeakMap<Buffer, Completion>();

export function encodeCompletion(completion: Completion): Buffer {
  const { outcome, ...header } = completion;
  const tail = outcome === undefined ? "" : `\n${outcome.record}\n${outcome.result}`;
  const bytes = Buffer.from(JSON.stringify(header) + tail);
  encodedHere.set(bytes, completion);
  return bytes;
}

export function decodeCompletion(bytes: Buffer): Completion {
  const own = encodedHere.get(bytes);
  if (own !== undefined) return own;
  const [header = "", record, result] = bytes.toString().split("\n", 3);
  const parsed = JSON.parse(header) as CompletionHeader;
  if (record === undefined || result === undefined) return parsed;
  return { ...parsed, outcome: { record: record as RawJson, result: result as RawJson } };
}
