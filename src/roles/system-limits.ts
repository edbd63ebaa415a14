// The system's limits from the settings: OpenWhisk's values where no setting says otherwise
// (rest-api specification, 4.3 and 4.4).

import type { SystemLimits } from "../entities/limits.ts";
import type { WaitingMax } from "../kernel/shares.ts";
import { MB, MINUTE_MS } from "../kernel/units.ts";
import type { Settings } from "../settings/settings.ts";

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
/** Those that were put back. */
const LETTERS_SHARE = 0.125;

export function toTriesMax(settings: Settings): WaitingMax {
  return toBusShare(settings, TRIES_SHARE);
}

export function toLettersMax(settings: Settings): WaitingMax {
  return toBusShare(settings, LETTERS_SHARE);
}

function toBusShare({ busMessages, busBytes }: Settings, share: number): WaitingMax {
  return { count: busMessages * share, length: busBytes * share };
}
