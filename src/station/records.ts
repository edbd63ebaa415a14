// What every activation's record begins with, and the record of one that never ran (execution-plane
// specification, 2.7 and 2.8).

import type { KeyValue } from "../entities/action.ts";
import type { ActivationRecord, ActivationResponse, StatusCode } from "../entities/activation.ts";
import { type DocumentId, fromDocumentId } from "../entities/names.ts";
import { type RawJson, toRawJson } from "../kernel/json.ts";
import type { NewActivation } from "../messages/activation-message.ts";

type Origin = Pick<NewActivation, "action" | "cause" | "trying">;
type Header = Pick<NewActivation, "activationId" | "user"> & Origin;
type Common = "activationId" | "namespace" | "subject" | "name" | "filterName" | "cause";

/** What its message says about it. */
export function toCommon(message: Header): Pick<ActivationRecord, Common> {
  const { id, binding } = message.action;
  const { package: ownPackage, name } = fromDocumentId(id as DocumentId);
  const packageName =
    binding === undefined ? ownPackage : fromDocumentId(binding as DocumentId).name;
  return {
    activationId: message.activationId,
    namespace: message.user.namespace.name,
    subject: message.user.subject,
    name,
    filterName: packageName === undefined ? name : `${packageName}/${name}`,
    cause: toCause(message),
  };
}

/** What it is a part of, or the try before which it failed for the first time. */
function toCause({ cause, trying }: Origin): ActivationRecord["cause"] {
  if (cause !== undefined) return cause;
  return trying === undefined || trying.attempt === 1 ? undefined : trying.first;
}

/** By which way it came: through a binding, by an alias, as a part of what it was caused by, not at the first try. */
export function toOriginAnnotations({ action, cause, trying }: Origin): readonly KeyValue[] {
  const annotations: KeyValue[] = [];
  if (action.binding !== undefined) annotations.push({ key: "binding", value: action.binding });
  if (action.alias !== undefined) annotations.push({ key: "alias", value: action.alias });
  if (cause !== undefined) annotations.push({ key: "causedBy", value: "sequence" });
  if (trying !== undefined && trying.attempt > 1) {
    annotations.push({ key: "attempt", value: trying.attempt });
  }
  return annotations;
}

/** `expired` is what was too old to be begun. */
export type UnrunReason = "abandoned" | "expired";

/** For an activation that never ran here, or of which nothing more is known: `reason` marks it. */
export function toFallbackRecord(
  message: Header,
  response: ActivationResponse,
  { now, reason }: { now: number; reason?: UnrunReason },
): ActivationRecord {
  const { statusCode, result, size } = response;
  const annotations: KeyValue[] = [
    { key: "path", value: message.action.id },
    { key: "kind", value: "unknown" },
  ];
  if (reason !== undefined) annotations.push({ key: reason, value: true });
  annotations.push(...toOriginAnnotations(message));
  return {
    ...toCommon(message),
    version: message.action.version,
    start: now,
    end: now,
    duration: 0,
    annotations,
    response: {
      statusCode,
      ...(result === undefined ? {} : { result }),
      ...(size === undefined ? {} : { size }),
    },
    logs: [],
  };
}

export function toErrorResponse(
  statusCode: StatusCode,
  text: string,
): ActivationResponse & { readonly result: RawJson } {
  return { statusCode, result: toRawJson({ error: text }) };
}

const UNRUN: Readonly<Record<UnrunReason, ActivationResponse>> = {
  abandoned: toErrorResponse(
    3,
    "The activation was abandoned: the platform stopped while it ran, and it is not run twice.",
  ),
  expired: toErrorResponse(
    3,
    "The activation expired: the platform was down for longer than its work is kept.",
  ),
};

export function toUnrunRecord(message: Header, reason: UnrunReason, now: number): ActivationRecord {
  return toFallbackRecord(message, UNRUN[reason], { now, reason });
}
