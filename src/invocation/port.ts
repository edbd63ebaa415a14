// What the API asks when an action is to be invoked, and what it hears.

import type { Action } from "../entities/action.ts";
import type { StatusCode } from "../entities/activation.ts";
import type { DocumentId } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { ActivationId, TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import type { StoredEntity } from "../stores/port.ts";
import type { AnswerStream } from "../streams/port.ts";

export interface InvokeRequest {
  readonly identity: Identity;
  /** Without code; `binding` names the one through which it was found. */
  readonly action: StoredEntity<Action> & { readonly binding?: DocumentId };
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

/** It runs, and streams its answer; it gets its record when that ends. */
export interface InvokeStreaming {
  readonly type: "streaming";
  readonly activationId: ActivationId;
  readonly stream: AnswerStream;
}

export interface Invocations {
  /**
   * Rejects with `invalid` for final parameters, `too-large`, `bus-full`, `unavailable`, `stopping`.
   * An invocation that was waited for in vain is `accepted`, and its record follows.
   */
  invoke(request: InvokeRequest): Promise<InvokeAccepted | InvokeFinished>;
  /**
   * As `invoke`, for whoever takes a streamed answer, which they must read or destroy. The time limit of
   * the action bounds it, however long was to be waited.
   */
  invokeStreaming(
    request: InvokeRequest & { readonly waitMs: number },
  ): Promise<InvokeAccepted | InvokeFinished | InvokeStreaming>;
  /** Activations of a namespace, by its uuid, that are accepted and not finished. */
  inFlight(namespaceUuid: string): number;
}
