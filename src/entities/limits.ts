// The limits of an action, the bounds that a namespace puts on them, and the throttles.
// Source: rest-api specification, sections 4.3 and 4.4.

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
