// How an activation ended: from what a container answered to status, result and whether the container
// may be used again. Pure. Texts and order: execution-plane specification, 2.1 to 2.3.

import { StringDecoder } from "node:string_decoder";
import type { Answer, Answered } from "../drivers/port.ts";
import type { StatusCode } from "../entities/activation.ts";
import { isJsonObject, isTooDeep, type RawJson, toRawJson, toSingleLine } from "../kernel/json.ts";

export interface Outcome {
  readonly statusCode: StatusCode;
  readonly result: RawJson;
  /** Characters of the answer's text; bytes where it was cut; absent where there was no answer. */
  readonly size?: number;
  readonly timedOut: boolean;
  /** Whether the container may take another job. */
  readonly keepContainer: boolean;
}

export interface Exchange {
  readonly answer: Answer;
  /** Whole milliseconds from building the request to having read the answer. */
  readonly elapsedMs: number;
  readonly timeoutMs: number;
  readonly bytesMax: number;
  /** Shown of an answer that is larger than that. */
  readonly truncationBytes: number;
}

/** `undefined` where the container is initialised. */
export function classifyInit(exchange: Exchange): Outcome | undefined {
  const { answer, timeoutMs } = exchange;
  if (answer.type === "answered" && answer.status === 200 && !isCut(exchange, answer)) {
    return undefined;
  }
  if (answer.type === "timed-out" || exchange.elapsedMs >= timeoutMs) {
    const text = `The action exceeded its time limits of ${timeoutMs} milliseconds during initialization.`;
    return developerError(text, { timedOut: true });
  }
  if (answer.type === "ended") {
    return ended(answer.reason, "The action did not initialize and exited unexpectedly.");
  }
  if (isCut(exchange, answer)) {
    const text = toCutText(exchange, answer);
    return { ...developerError(text), size: answer.bytes };
  }
  const { body } = answer;
  const own = readError(body);
  if (own !== undefined) return { ...developerError(own.error), size: body.length };
  const detail = body === "" || body === "null" ? "." : `: ${body}`;
  const text = `The action failed during initialization${detail}`;
  return { ...developerError(text), size: body.length };
}

export function classifyRun(exchange: Exchange): Outcome {
  const { answer, timeoutMs } = exchange;
  if (answer.type === "timed-out" || exchange.elapsedMs >= timeoutMs) {
    const text = `The action exceeded its time limits of ${timeoutMs} milliseconds.`;
    return developerError(text, { timedOut: true });
  }
  if (answer.type === "ended") {
    const text = "The action did not produce a valid response and exited unexpectedly.";
    return ended(answer.reason, text);
  }
  if (isCut(exchange, answer)) {
    const result = toRawJson({ error: toCutText(exchange, answer) });
    return { statusCode: 1, result, size: answer.bytes, timedOut: false, keepContainer: true };
  }
  return classifyAnswer(answer);
}

function classifyAnswer({ status, body }: Answered): Outcome {
  const size = body.length;
  const value = parse(body);
  if (isJsonObject(value) && Object.hasOwn(value, "error")) {
    const result = toRawJson({ error: value["error"] });
    if (status !== 200) return { ...developerError(value["error"]), size };
    return { statusCode: 1, result, size, timedOut: false, keepContainer: true };
  }
  if (status === 200 && (isJsonObject(value) || Array.isArray(value))) {
    const result = toSingleLine(body);
    return { statusCode: 0, result, size, timedOut: false, keepContainer: true };
  }
  const what = "The action did not produce a valid JSON or JSON Array response";
  return { ...developerError(body === "" ? `${what}.` : `${what}: ${body}`), size };
}

function developerError(error: unknown, { timedOut = false } = {}): Outcome {
  return { statusCode: 2, result: toRawJson({ error }), timedOut, keepContainer: false };
}

function ended(reason: "exited" | "out-of-memory", text: string): Outcome {
  return developerError(
    reason === "exited" ? text : "The action exhausted its memory and was aborted.",
  );
}

function isCut(exchange: Exchange, answer: Answered): boolean {
  return answer.bytes > exchange.bytesMax;
}

function toCutText({ bytesMax, truncationBytes }: Exchange, { bytes, body }: Answered): string {
  const shown = truncate(body, Math.min(bytesMax, truncationBytes));
  return `The action produced a response that exceeded the allowed length: ${bytes} > ${bytesMax} bytes. The truncated response was: ${shown}`;
}

/** The first bytes of a text, without a last character that would be cut in two. */
function truncate(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  return new StringDecoder("utf8").write(Buffer.from(text).subarray(0, bytesMax));
}

function readError(body: string): { readonly error: unknown } | undefined {
  const value = parse(body);
  return isJsonObject(value) && Object.hasOwn(value, "error")
    ? { error: value["error"] }
    : undefined;
}

/** `undefined` where the text is no JSON: what an action sends is judged, never trusted. */
function parse(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
