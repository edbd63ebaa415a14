// An activation's record, put together from what ran and how it ended (execution-plane 2.7, 2.8).

import type { Action, KeyValue } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import { type DocumentId, fromDocumentId } from "../entities/names.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";
import type { Outcome } from "./classify.ts";

export interface Times {
  /** Milliseconds since the epoch at which init, or the run where there was none, began. */
  readonly start: number;
  readonly end: number;
  /** Of init and run together. */
  readonly durationMs: number;
  /** Absent on a warm start. */
  readonly initMs?: number;
}

export interface Ran {
  readonly message: ActivationMessage;
  readonly action: Action;
  readonly outcome: Outcome;
  readonly times: Times;
  readonly logs: readonly string[];
}

export function toRecord({ message, action, outcome, times, logs }: Ran): ActivationRecord {
  const annotations: KeyValue[] = [
    { key: "path", value: message.action.id },
    { key: "kind", value: action.exec.kind },
    { key: "limits", value: action.limits },
    { key: "timeout", value: outcome.timedOut },
    { key: "waitTime", value: times.start - message.transaction[1] },
  ];
  if (times.initMs !== undefined) annotations.push({ key: "initTime", value: times.initMs });
  return {
    ...toCommon(message),
    version: action.version,
    start: times.start,
    end: times.end,
    duration: times.durationMs,
    annotations: withOrigin(annotations, message),
    response: toResponse(outcome),
    logs,
  };
}

/** For an activation that never ran here, or of which nothing more is known: `reason` marks it. */
export function toFallbackRecord(
  message: ActivationMessage,
  outcome: Outcome,
  { now, reason }: { now: number; reason?: "abandoned" | "expired" },
): ActivationRecord {
  const annotations: KeyValue[] = [
    { key: "path", value: message.action.id },
    { key: "kind", value: "unknown" },
  ];
  if (reason !== undefined) annotations.push({ key: reason, value: true });
  return {
    ...toCommon(message),
    version: message.action.version,
    start: now,
    end: now,
    duration: 0,
    annotations: withOrigin(annotations, message),
    response: toResponse(outcome),
    logs: [],
  };
}

function toCommon(message: ActivationMessage) {
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
    ...(message.cause === undefined ? {} : { cause: message.cause }),
  };
}

/** By which way it came. */
function withOrigin(annotations: KeyValue[], message: ActivationMessage): readonly KeyValue[] {
  const { binding } = message.action;
  if (binding !== undefined) annotations.push({ key: "binding", value: binding });
  if (message.cause !== undefined) annotations.push({ key: "causedBy", value: "sequence" });
  return annotations;
}

function toResponse({ statusCode, result, size }: Outcome): ActivationRecord["response"] {
  return size === undefined ? { statusCode, result } : { statusCode, result, size };
}
