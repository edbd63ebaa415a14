// The system's limits from the settings: OpenWhisk's values where no setting says otherwise
// (rest-api specification, 4.3 and 4.4).

import type { SystemLimits } from "../entities/limits.ts";
import { MB, MINUTE_MS } from "../kernel/units.ts";
import type { Settings } from "../settings/settings.ts";
import type { TriesMax } from "../station/tries.ts";

export function toSystemLimits(settings: Settings): SystemLimits {
  return {
    timeoutMs: { min: 100, standard: MINUTE_MS, max: settings.actionTimeoutMax },
    memoryMb: { min: 128, standard: 256, max: settings.actionMemoryMax },
    logsMb: { min: 0, standard: 10, max: 10 },
    concurrency: { min: 1, standard: 1, max: settings.actionConcurrencyMax },
    codeBytesMax: 48 * MB,
    parameterBytesMax: MB,
    payloadBytesMax: MB,
    truncationBytes: MB,
    blockingWaitMsMax: MINUTE_MS,
    sequenceLengthMax: 50,
    invocationsPerMinute: settings.invocationsPerMinute,
    firesPerMinute: settings.firesPerMinute,
    concurrentInvocations: settings.concurrentInvocations,
  };
}

/** Of the bus a quarter for the tries of actions, and one for those of sequences and compositions. */
const TRIES_SHARE = 0.25;

export function toTriesMax({ busMessages, busBytes }: Settings): TriesMax {
  return { count: busMessages * TRIES_SHARE, length: busBytes * TRIES_SHARE };
}
