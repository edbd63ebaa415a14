// The record of a sequence or composition: its own, of what its parts were (web-and-composition
// specification, 2.5 and 3.6).

import { type Action, isSequence, type KeyValue } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import { toCommon, toOriginAnnotations } from "../station/records.ts";
import type { Whole, WholeEnd } from "./part.ts";

export interface WholeTimes {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

export function toRecord(
  whole: Whole,
  { response, parts }: WholeEnd,
  times: WholeTimes,
): ActivationRecord {
  const { action, composition, cause, transaction } = whole;
  const isComposition = !isSequence(composition);
  const annotations: KeyValue[] = [
    { key: "topmost", value: cause === undefined },
    { key: "path", value: action.id },
    { key: "kind", value: "sequence" },
    ...(isComposition ? [{ key: "conductor", value: true }] : []),
    ...toOriginAnnotations(whole),
    { key: "waitTime", value: Math.max(0, times.start - transaction[1]) },
    ...toLimits(composition, toMemory(composition, parts.memoryMb)),
  ];
  return {
    ...toCommon(whole),
    version: action.version,
    ...times,
    duration: parts.durationMs,
    annotations,
    response,
    logs: parts.ids,
  };
}

/** The most that a part may take: a conductor is one itself. 0 for a sequence of which nothing ran. */
export function toMemory(composition: Action, partsMemoryMb: number): number {
  if (isSequence(composition)) return partsMemoryMb;
  return Math.max(composition.limits.memory, partsMemoryMb);
}

function toLimits({ limits }: Action, memory: number): readonly KeyValue[] {
  if (memory === 0) return [];
  const { timeout, logs } = limits;
  return [{ key: "limits", value: { timeout, memory, logs, concurrency: 1 } }];
}
