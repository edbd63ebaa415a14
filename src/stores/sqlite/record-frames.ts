// Activation records as the frames of the record journal, to bytes and back.

import type { ActivationDocument, StatusCode } from "../../entities/activation.ts";
import type { EntityName } from "../../entities/names.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import type { RawJson } from "../../kernel/json.ts";

const ID_LENGTH = 32;

/** Nine lines, the one of an absent status code empty: none of the fields has a line break in it, as names have none and JSON escapes them. */
export function encodeRecord(document: ActivationDocument): string {
  const { activationId, namespace, filterName, start, statusCode } = document;
  const { head, subject, response, logs } = document;
  const key = `${activationId}\n${namespace}\n${filterName}\n${start}\n${statusCode ?? ""}`;
  return `${key}\n${JSON.stringify(subject)}\n${head}\n${response}\n${logs}`;
}

export function decodeRecordId(payload: Buffer): ActivationId {
  return payload.toString("latin1", 0, ID_LENGTH) as ActivationId;
}

export function decodeRecord(payload: Buffer): ActivationDocument {
  const lines = payload.toString().split("\n");
  const [id = "", namespace = "", filterName = "", start, statusCode] = lines;
  const [subject = '""', head = "", response = "{}", logs = "[]"] = lines.slice(5);
  return {
    activationId: id as ActivationId,
    namespace: namespace as EntityName,
    filterName,
    start: Number(start),
    ...(statusCode === "" ? {} : { statusCode: Number(statusCode) as StatusCode }),
    subject: JSON.parse(subject) as string,
    head,
    response: response as RawJson,
    logs: logs as RawJson,
  };
}
