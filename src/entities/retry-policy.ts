// How often a failed activation is tried again, after how long, and which trigger hears of the last
// failure: from an action's annotations `retries` and `dead-letter`. Pure. Brisk's own; OpenWhisk has none.

import { failure } from "../kernel/errors.ts";
import { isJsonObject } from "../kernel/json.ts";
import { HOUR_MS, SECOND_MS } from "../kernel/units.ts";
import type { KeyValue } from "./action.ts";
import { type EntityName, isEntityName } from "./names.ts";

export interface RetryPolicy {
  /** Tries after the first one. */
  readonly times: number;
  /** Milliseconds before the first of them; each next one waits twice as long, up to an hour. */
  readonly backoffMs: number;
  /** A trigger of the invoking namespace. */
  readonly deadLetter?: EntityName;
}

const RETRIES = "retries";
const DEAD_LETTER = "dead-letter";
const TIMES_MAX = 100;
const BACKOFF_MS_MIN = 10;
const BACKOFF_MS_STANDARD = SECOND_MS;
const BACKOFF_MS_MAX = HOUR_MS;

/** `undefined` where the annotations ask for nothing. Throws `invalid` where they ask for nonsense. */
export function readRetryPolicy(annotations: readonly KeyValue[]): RetryPolicy | undefined {
  const retries = readAnnotation(annotations, RETRIES);
  const deadLetter = readAnnotation(annotations, DEAD_LETTER);
  if (retries === undefined && deadLetter === undefined) return undefined;
  const { times, backoff } = readRetries(retries);
  const policy = { times, backoffMs: backoff };
  return deadLetter === undefined ? policy : { ...policy, deadLetter: readTrigger(deadLetter) };
}

/** Nothing, where the dead letter is all that was asked for. */
export function withoutDeadLetter({ times, backoffMs }: RetryPolicy): RetryPolicy | undefined {
  return times === 0 ? undefined : { times, backoffMs };
}

/** @param retry 1 for the first try after a failure */
export function toBackoffMs({ backoffMs }: RetryPolicy, retry: number): number {
  return Math.min(backoffMs * 2 ** (retry - 1), BACKOFF_MS_MAX);
}

function readAnnotation(annotations: readonly KeyValue[], wanted: string): unknown {
  const value = annotations.find(({ key }) => key === wanted)?.value;
  return value === null || value === false ? undefined : value;
}

function readRetries(value: unknown): { readonly times: number; readonly backoff: number } {
  if (value === undefined) return { times: 0, backoff: BACKOFF_MS_STANDARD };
  const { times, backoff = BACKOFF_MS_STANDARD } = isJsonObject(value) ? value : {};
  if (isWithin(times, [1, TIMES_MAX]) && isWithin(backoff, [BACKOFF_MS_MIN, BACKOFF_MS_MAX])) {
    return { times, backoff };
  }
  const detail = `The annotation '${RETRIES}' must be an object with 'times', a whole number from 1 to ${TIMES_MAX}, and, if given, 'backoff', from ${BACKOFF_MS_MIN} to ${BACKOFF_MS_MAX} milliseconds`;
  throw failure("invalid", { detail });
}

function isWithin(value: unknown, [min, max]: readonly [number, number]): value is number {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

/** A name, or a path with one's own namespace as `_`. */
function readTrigger(value: unknown): EntityName {
  const name = typeof value === "string" ? value.replace(/^\/?_\//, "") : "";
  if (isEntityName(name)) return name;
  const detail = `The annotation '${DEAD_LETTER}' must be the name of a trigger in the same namespace`;
  throw failure("invalid", { detail });
}
