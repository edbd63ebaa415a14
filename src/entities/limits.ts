// The limits of an action, the bounds that a namespace puts on them, and the throttles.
// Source: rest-api specification, sections 4.3 and 4.4.

import { isJsonObject } from "../kernel/json.ts";

/** What an action may use. `timeout` in ms, `memory` and `logs` in MB. */
export interface ActionLimits {
  readonly timeout: number;
  readonly memory: number;
  readonly logs: number;
  readonly concurrency: number;
  readonly instances?: number;
}

/** One field's smallest, standard and largest value. */
export interface LimitRange {
  readonly min: number;
  readonly standard: number;
  readonly max: number;
}

/** What holds where a namespace has no limits of its own. Sizes of code, parameters, results in bytes. */
export interface SystemLimits {
  readonly timeoutMs: LimitRange;
  readonly memoryMb: LimitRange;
  readonly logsMb: LimitRange;
  readonly concurrency: LimitRange;
  readonly codeBytesMax: number;
  readonly parameterBytesMax: number;
  readonly payloadBytesMax: number;
  readonly truncationBytes: number;
  readonly blockingWaitMsMax: number;
  readonly sequenceLengthMax: number;
  /** `Infinity` where the rate is off. */
  readonly invocationsPerMinute: number;
  readonly firesPerMinute: number;
  readonly concurrentInvocations: number;
}

/**
 * A namespace's own limits document, as the admin tool writes it and `subjects` stores it: any subset
 * (data-model specification, section 7). Memory and logs in MB, times in ms, sizes as `"2 MB"`.
 */
export interface NamespaceLimits {
  readonly invocationsPerMinute?: number;
  readonly firesPerMinute?: number;
  readonly concurrentInvocations?: number;
  readonly allowedKinds?: readonly string[];
  readonly storeActivations?: boolean;
  readonly minActionMemory?: number;
  readonly maxActionMemory?: number;
  readonly minActionLogs?: number;
  readonly maxActionLogs?: number;
  readonly minActionTimeout?: number;
  readonly maxActionTimeout?: number;
  readonly minActionConcurrency?: number;
  readonly maxActionConcurrency?: number;
  readonly maxActionInstances?: number;
  readonly maxParameterSize?: string;
  readonly maxPayloadSize?: string;
  readonly truncationSize?: string;
}

const NAMESPACE_LIMIT_TYPES = {
  invocationsPerMinute: "integer",
  firesPerMinute: "integer",
  concurrentInvocations: "integer",
  allowedKinds: "texts",
  storeActivations: "boolean",
  minActionMemory: "integer",
  maxActionMemory: "integer",
  minActionLogs: "integer",
  maxActionLogs: "integer",
  minActionTimeout: "integer",
  maxActionTimeout: "integer",
  minActionConcurrency: "integer",
  maxActionConcurrency: "integer",
  maxActionInstances: "integer",
  maxParameterSize: "text",
  maxPayloadSize: "text",
  truncationSize: "text",
} as const satisfies Record<keyof NamespaceLimits, "integer" | "text" | "texts" | "boolean">;

/**
 * `undefined` for what is no limits document: one wrong field makes all of it void (data-model 7).
 * Fields that it does not know are kept.
 */
export function parseNamespaceLimits(text: string): NamespaceLimits | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const fields = value;
  const isSound = Object.entries(NAMESPACE_LIMIT_TYPES).every(([name, type]) => {
    const field = fields[name];
    return field === undefined || isOfType(field, type);
  });
  return isSound ? (fields as NamespaceLimits) : undefined;
}

function isOfType(value: unknown, type: "integer" | "text" | "texts" | "boolean"): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "text":
      return typeof value === "string";
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "boolean":
      return typeof value === "boolean";
  }
}
