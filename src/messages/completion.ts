// What an invoker tells the controller that sent it an activation: that it is done and, where somebody
// waits, how it ended. Two or three lines: a JSON header, then the record and the bare result as text.

import type { StatusCode } from "../entities/activation.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { type Encodable, type Payload, toBytes } from "../kernel/payload.ts";

interface CompletionHeader {
  readonly activationId: ActivationId;
  readonly invoker: string;
  readonly statusCode: StatusCode;
}

/** How an activation ended, for whoever waits for it. */
export interface CompletionOutcome {
  readonly record: RawJson;
  readonly result: RawJson;
  /** As the record has it, so that it need not be read. */
  readonly durationMs: number;
  readonly size?: number | undefined;
}

export interface Completion extends CompletionHeader {
  /** Only for blocking invocations. */
  readonly outcome?: CompletionOutcome;
}

type Measures = Partial<Pick<CompletionOutcome, "durationMs" | "size">>;

class EncodableCompletion implements Encodable {
  readonly completion: Completion;

  constructor(completion: Completion) {
    this.completion = completion;
  }

  toText(): string {
    return toText(this.completion);
  }
}

export function encodeCompletion(completion: Completion): Encodable {
  return new EncodableCompletion(completion);
}

function toText({ outcome, ...header }: Completion): string {
  if (outcome === undefined) return JSON.stringify(header);
  const { record, result, ...measures } = outcome;
  return `${JSON.stringify({ ...header, ...measures })}\n${record}\n${result}`;
}

export function decodeCompletion(payload: Payload): Completion {
  if (payload instanceof EncodableCompletion) return payload.completion;
  const [header = "", record, result] = toBytes(payload).toString().split("\n", 3);
  const { durationMs, size, ...parsed } = JSON.parse(header) as CompletionHeader & Measures;
  if (record === undefined || result === undefined || durationMs === undefined) return parsed;
  const measures = size === undefined ? { durationMs } : { durationMs, size };
  return {
    ...parsed,
    outcome: { record: record as RawJson, result: result as RawJson, ...measures },
  };
}
