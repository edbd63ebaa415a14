// An activation's record, put together from what ran and how it ended (execution-plane 2.7).

import type { Action, KeyValue } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";
import { toCommon, toOriginAnnotations } from "../station/records.ts";
import type { Outcome } from "./classify.ts";

export interface Times {
  /** Milliseconds since the epoch at which init, or the run where there was none, began. */
  readonly start: number;
  readonly end: number;
  /** Of init and run together. */
  readonly durationMs: number;
  /** Absent on a warm start. */
  readonly initMs?: number | undefined;
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
    { key: "waitTime", value: Math.max(0, times.start - message.transaction[1]) },
  ];
  if (times.initMs !== undefined) annotations.push({ key: "initTime", value: times.initMs });
  const { statusCode, result, size } = outcome;
  annotations.push(...toOriginAnnotations(message));
  return {
    ...toCommon(message),
    version: action.version,
    start: times.start,
    end: times.end,
    duration: times.durationMs,
    annotations,
    response: size === undefined ? { statusCode, result } : { statusCode, result, size },
    logs,
  };
}
