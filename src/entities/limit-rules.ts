// What limits mean: an action's wishes checked against what its namespace may have, and a namespace's
// own limits clamped to the system's. Pure. Texts: clients match `allowed threshold`.

import { failure } from "../kernel/errors.ts";
import { KB, MB } from "../kernel/units.ts";
import type { ActionLimits, LimitRange, NamespaceLimits, SystemLimits } from "./limits.ts";

/** What holds for one namespace. Memory and logs in MB, times in ms, sizes in bytes. */
export interface EffectiveLimits {
  readonly timeoutMs: LimitRange;
  readonly memoryMb: LimitRange;
  readonly logsMb: LimitRange;
  readonly concurrency: LimitRange;
  readonly parameterBytesMax: number;
  readonly invocationsPerMinute: number;
  readonly firesPerMinute: number;
  readonly concurrentInvocations: number;
}

export function resolveLimits(system: SystemLimits, own: NamespaceLimits): EffectiveLimits {
  return {
    timeoutMs: clamp(system.timeoutMs, own.minActionTimeout, own.maxActionTimeout),
    memoryMb: clamp(system.memoryMb, own.minActionMemory, own.maxActionMemory),
    logsMb: clamp(system.logsMb, own.minActionLogs, own.maxActionLogs),
    concurrency: clamp(system.concurrency, own.minActionConcurrency, own.maxActionConcurrency),
    parameterBytesMax: toBytesMax(system.parameterBytesMax, own.maxParameterSize),
    invocationsPerMinute: own.invocationsPerMinute ?? system.invocationsPerMinute,
    firesPerMinute: own.firesPerMinute ?? system.firesPerMinute,
    concurrentInvocations: own.concurrentInvocations ?? system.concurrentInvocations,
  };
}

/** The most bytes of an invocation's arguments, and of its result. */
export function toPayloadBytesMax(
  system: Pick<SystemLimits, "payloadBytesMax">,
  { maxPayloadSize }: NamespaceLimits,
): number {
  return toBytesMax(system.payloadBytesMax, maxPayloadSize);
}

/** What is shown of a result that is too large, in bytes. */
export function toTruncationBytes(
  system: Pick<SystemLimits, "truncationBytes">,
  { truncationSize }: NamespaceLimits,
): number {
  return toBytesMax(system.truncationBytes, truncationSize);
}

function toBytesMax(system: number, own: string | undefined): number {
  if (own === undefined) return system;
  return Math.min(system, parseSize(own) ?? Number.POSITIVE_INFINITY);
}

function clamp(system: LimitRange, min = system.min, max = system.max): LimitRange {
  const lowest = Math.min(Math.max(min, system.min), system.max);
  const highest = Math.max(Math.min(max, system.max), lowest);
  const standard = Math.min(Math.max(system.standard, lowest), highest);
  return { min: lowest, standard, max: highest };
}

const SIZE = /^(\d+) ?(B|KB?|MB?|GB?)$/i;
const UNITS: Readonly<Record<string, number>> = { b: 1, k: KB, m: MB, g: KB * MB };

/** `"2 MB"` to bytes; `undefined` for what is no size. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = SIZE.exec(text.trim()) ?? [];
  const factor = UNITS[unit?.charAt(0).toLowerCase() ?? ""];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

interface LimitRule {
  readonly field: keyof ActionLimits;
  readonly range: "timeoutMs" | "memoryMb" | "logsMb" | "concurrency";
  readonly what: string;
  readonly unit: string;
}

const RULES: readonly LimitRule[] = [
  { field: "timeout", range: "timeoutMs", what: "duration", unit: " milliseconds" },
  { field: "memory", range: "memoryMb", what: "memory size", unit: " MB" },
  { field: "logs", range: "logsMb", what: "log size", unit: " MB" },
  { field: "concurrency", range: "concurrency", what: "concurrency", unit: "" },
];

/** Given values over what was there before, over the standard. Throws `body-malformed`, `invalid`. */
export function mergeLimits(
  { given, before }: { given: Partial<ActionLimits>; before: ActionLimits | undefined },
  effective: EffectiveLimits,
): ActionLimits {
  const merged: Partial<Record<keyof ActionLimits, number>> = {};
  for (const rule of RULES) {
    const { field } = rule;
    const range = effective[rule.range];
    const wrong = describeOutside(rule, given[field], range);
    if (wrong !== undefined) throw outside(wrong);
    merged[field] = given[field] ?? before?.[field] ?? range.standard;
  }
  const instances = given.instances ?? before?.instances;
  if (instances !== undefined) {
    if (instances < 0) {
      throw outside("Action container concurrency must be greater than or equal to 0.");
    }
    const max = effective.concurrentInvocations;
    if (given.instances !== undefined && instances > max) {
      const detail = `Max action instance concurrency must not exceed your namespace concurrency of ${max}.`;
      throw failure("invalid", { detail });
    }
    merged.instances = instances;
  }
  return merged as ActionLimits;
}

/** What is wrong with an action's limits by those that hold when it is to run, if anything is. */
export function findOutside(limits: ActionLimits, effective: EffectiveLimits): string | undefined {
  for (const rule of RULES) {
    const wrong = describeOutside(rule, limits[rule.field], effective[rule.range]);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function describeOutside(
  { what, unit }: LimitRule,
  value: number | undefined,
  { min, max }: LimitRange,
): string | undefined {
  if (value === undefined || (value >= min && value <= max)) return undefined;
  return value < min
    ? `${what} ${value}${unit} below allowed threshold of ${min}${unit}`
    : `${what} ${value}${unit} exceeds allowed threshold of ${max}${unit}`;
}

function outside(detail: string): Error {
  return failure("body-malformed", { detail: `requirement failed: ${detail}` });
}
