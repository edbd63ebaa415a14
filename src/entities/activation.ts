// Activation records: what an activation was, and its text forms. A record's text is made once; the
// blocking answer, the store and the lists are cut from the same pieces. Source: rest-api section 6.

import type { ActivationId } from "../kernel/ids.ts";
import { type RawJson, toRawJson } from "../kernel/json.ts";
import type { KeyValue } from "./action.ts";
import type { EntityName } from "./names.ts";

export type StatusCode = 0 | 1 | 2 | 3;

export const STATUS_WORDS: readonly [string, string, string, string] = [
  "success",
  "application error",
  "action developer error",
  "whisk internal error",
];

export interface ActivationResponse {
  readonly statusCode: StatusCode;
  readonly result?: RawJson;
  /** Length of the raw output, absent where there was none. */
  readonly size?: number;
}

export interface ActivationRecord {
  readonly activationId: ActivationId;
  /** Of the invoking identity. */
  readonly namespace: EntityName;
  readonly subject: string;
  /** Without package. */
  readonly name: EntityName;
  /** What the `name=` filter of lists compares: `name`, `package/name` or `binding/name`. */
  readonly filterName: string;
  readonly version: string;
  readonly cause?: ActivationId | undefined;
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Absent for triggers, which fire at one moment. */
  readonly end?: number;
  /** Milliseconds; with the initialisation where there was one. Absent where `end` is. */
  readonly duration?: number;
  readonly annotations: readonly KeyValue[];
  readonly response: ActivationResponse;
  readonly logs: readonly string[];
}

/**
 * The stored form. `head` is a JSON object's text without its closing brace, with what a list shows;
 * the rest are whole JSON values. A full record is head, subject, response and logs put together.
 */
export interface ActivationDocument {
  readonly activationId: ActivationId;
  readonly namespace: EntityName;
  readonly filterName: string;
  readonly subject: string;
  readonly start: number;
  /** What lists show; absent for what has no end. */
  readonly statusCode?: StatusCode;
  readonly head: string;
  readonly response: RawJson;
  readonly logs: RawJson;
}

export function toDocument(record: ActivationRecord): ActivationDocument {
  // What is undefined is left out of the text.
  const head = toRawJson({
    namespace: record.namespace,
    name: record.name,
    version: record.version,
    activationId: record.activationId,
    start: record.start,
    end: record.end,
    duration: record.duration,
    cause: record.cause,
    annotations: record.annotations,
    publish: false,
  });
  return {
    activationId: record.activationId,
    namespace: record.namespace,
    filterName: record.filterName,
    subject: record.subject,
    start: record.start,
    ...(record.end === undefined ? {} : { statusCode: record.response.statusCode }),
    head: head.slice(0, -1),
    response: toResponseText(record.response),
    logs: record.logs.length === 0 ? NO_LOGS : toRawJson(record.logs),
  };
}

const NO_LOGS = "[]" as RawJson;

/** `{"status", "success", "result"?, "size"?}`, as `/result` answers it. */
function toResponseText(response: ActivationResponse): RawJson {
  const { statusCode, result, size } = response;
  let text = `{"status":"${STATUS_WORDS[statusCode]}","success":${statusCode === 0}`;
  if (result !== undefined) text += `,"result":${result}`;
  if (size !== undefined) text += `,"size":${size}`;
  return `${text}}` as RawJson;
}

/** The full record. A blocking answer passes `"[]"` as logs: they are only in the stored record. */
export function toRecordText(document: ActivationDocument, logs: RawJson = document.logs): RawJson {
  const { response } = document;
  return toRecordParts<RawJson>(document, { response, logs }).join("") as RawJson;
}

/** The same around texts that are bytes, and stay so. */
export function toRecordParts<Bytes>(
  { head, subject }: Pick<ActivationDocument, "head" | "subject">,
  { response, logs }: { readonly response: Bytes; readonly logs: Bytes },
): readonly (string | Bytes)[] {
  const before = `${head},"subject":${JSON.stringify(subject)},"response":`;
  return [before, response, ',"logs":', logs, "}"];
}

export function toBlockingAnswer(document: ActivationDocument): RawJson {
  return toRecordText(document, NO_LOGS);
}

/** A list's entry. */
export function toSummaryText(document: Pick<ActivationDocument, "head" | "statusCode">): RawJson {
  const { head, statusCode } = document;
  return (statusCode === undefined ? `${head}}` : `${head},"statusCode":${statusCode}}`) as RawJson;
}
