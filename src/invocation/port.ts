// What the API asks when an action is to be invoked, and what it hears.

import type { StatusCode } from "../entities/activation.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { ActivationId, TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import type { FiredBy } from "../messages/activation-message.ts";
import type { AnswerStream } from "../streams/port.ts";
import type { FoundAction } from "./messages.ts";

export interface InvokeRequest {
  readonly identity: Identity;
  readonly action: FoundAction;
  /** The text of a JSON object; absent means `{}`. */
  readonly payload?: RawJson | undefined;
  /** Milliseconds to wait for the end; absent where nobody waits. */
  readonly waitMs?: number;
  /** The id that it must get, as an idempotency key stands for it. */
  readonly keyedId?: ActivationId;
  /** What an idempotency key stands for of which this is a part: a firing. */
  readonly acceptance?: ActivationId;
  /** That firing. */
  readonly fired?: FiredBy;
  /** A dead letter started it: of its own last failure no trigger hears, as it could go round for ever. */
  readonly isLastWord?: true;
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
   * Rejects with `invalid` for final parameters, `too-large`, `too-many-waiting`, `bus-full`,
   * `unavailable`, `stopping`.
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

/** A request that has an idempotency key. */
export interface KeyedRequest {
  readonly namespace: EntityName;
  readonly key: string;
  /** The same for the same request, another for any other. */
  readonly request: string;
}

export interface Idempotency {
  /**
   * The id of what was accepted: by `accept`, or for an earlier request with this key. `accept` resolves
   * when its messages, which carry the id as their `acceptance`, are durable; where it rejects, nothing
   * was accepted, and the key is free. A repetition meanwhile waits for the first and ends as it does.
   * Rejects with `idempotency-key-reused`, `too-many-keys`, what the store and what `accept` says.
   */
  accept(
    keyed: KeyedRequest,
    accept: (activationId: ActivationId) => Promise<void>,
  ): Promise<ActivationId>;
}
