// What the API asks when an action is to be invoked, and what it hears.

import type { StatusCode } from "../entities/activation.ts";
import type { Identity } from "../entities/subject.ts";
import type { ActivationId, TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import type { FoundAction } from "./messages.ts";

export interface InvokeRequest {
  readonly identity: Identity;
  readonly action: FoundAction;
  /** The text of a JSON object; absent means `{}`. */
  readonly payload?: RawJson;
  /** Milliseconds to wait for the end; absent where nobody waits. */
  readonly waitMs?: number;
  /** Id, and milliseconds since the epoch at which the request was received. */
  readonly transaction: readonly [TransactionId, number];
}

/** Accepted: it runs, or will; it gets its record. */
export interface InvokeAccepted {
  readonly type: "accepted";
  readonly activationId: ActivationId;
}
export interface InvokeFinished {
  readonly type: "finished";
  readonly activationId: ActivationId;
  readonly statusCode: StatusCode;
  /** The record as a blocking answer shows it. */
  readonly record: RawJson;
  /** The bare result. */
  readonly result: RawJson;
}

export interface Invocations {
  /**
   * Rejects with `invalid` for final parameters, `too-large`, `bus-full`, `unavailable`, `stopping`.
   * An invocation that was waited for in vain is `accepted`, and its record follows.
   */
  invoke(request: InvokeRequest): Promise<InvokeAccepted | InvokeFinished>;
  /** Activations of a namespace, by its uuid, that are accepted and not finished. */
  inFlight(namespaceUuid: string): number;
}
