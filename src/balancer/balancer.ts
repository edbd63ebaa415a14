// The balancer: chooses an invoker for an activation, knows what is in flight, and hands the answer to
// whoever waits for it. It runs nothing.

import type { Bus, Continuing, Delivery, Fresh } from "../bus/port.ts";
import type { StatusCode } from "../entities/activation.ts";
import { type BriskError, failure } from "../kernel/errors.ts";
import type { ActivationId } from "../kernel/ids.ts";
import { encodeActivation, type NewActivation } from "../messages/activation-message.ts";
import { type Completion, decodeCompletion } from "../messages/completion.ts";
import type { Log } from "../telemetry/log.ts";

export interface BalancerOptions {
  readonly bus: Bus;
  /** Topics of the invokers. */
  readonly invokers: readonly string[];
  /** Topic of sequences and compositions. */
  readonly coordinator: string;
  /** Topic on which this controller hears of completions. */
  readonly replyTo: string;
  readonly log: Log;
}

/** Completions handed over at a time; they are handled at once, so none waits. */
const COMPLETIONS_IN_FLIGHT_MAX = 1024;

/** How a blocking invocation ended, where it did while somebody waited. */
export interface Finished {
  readonly statusCode: StatusCode;
  readonly outcome: NonNullable<Completion["outcome"]>;
}

interface InFlight {
  readonly namespaceUuid: string;
  /** Of a part, which is not counted: the whole is. Whoever waits for it hears where it is given up. */
  readonly giveUp?: (cause: BriskError) => void;
  /** Absent where nobody waits. */
  readonly finish?: (finished: Finished | undefined) => void;
}

export class Balancer implements AsyncDisposable {
  readonly #options: BalancerOptions;
  readonly #inFlight = new Map<ActivationId, InFlight>();
  readonly #byNamespace = new Map<string, number>();
  readonly #subscription: AsyncDisposable;
  #stopping = false;

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.#subscription = options.bus.subscribe({
      topic: options.replyTo,
      inFlightMax: COMPLETIONS_IN_FLIGHT_MAX,
      deliver: (delivery) => {
        this.#complete(decodeCompletion(delivery.message));
        delivery.done();
      },
    });
  }

  inFlight(namespaceUuid: string): number {
    return this.#byNamespace.get(namespaceUuid) ?? 0;
  }

  /** Resolves when the activation is accepted: durable on the bus. */
  async accept(message: NewActivation): Promise<void> {
    this.#register(message, {});
    await this.#publish(message, toFresh(message, "durable"));
  }

  /**
   * Resolves when it has ended, or with `undefined` when it is accepted but has not ended in time. A part
   * of what was delivered here is waited for also while the platform stops, until it rejects with
   * `stopping`.
   */
  run(message: NewActivation, waitMs: number, continues?: Delivery): Promise<Finished | undefined> {
    if (this.#stopping) return Promise.reject(failure("stopping"));
    const { promise, resolve, reject } = Promise.withResolvers<Finished | undefined>();
    const refuse = (cause: unknown) => {
      clearTimeout(timer);
      reject(cause);
    };
    const finish = (finished: Finished | undefined) => {
      clearTimeout(timer);
      // Nobody hears that it is accepted before it is; what has ended was.
      if (finished === undefined) published.then(() => resolve(undefined), reject);
      else resolve(finished);
    };
    const timer = setTimeout(finish, waitMs, undefined);
    const isPart = continues !== undefined;
    this.#register(message, isPart ? { finish, giveUp: refuse } : { finish });
    // Nothing that waits for the end keeps the message, whose arguments may be large, in memory.
    const how = isPart ? { continues } : toFresh(message, "written");
    const published = this.#publish(message, how);
    published.catch(refuse);
    return promise;
  }

  #register(
    { activationId, user }: NewActivation,
    waiting: Pick<InFlight, "finish" | "giveUp">,
  ): void {
    if (this.#stopping) throw failure("stopping");
    const namespaceUuid = user.namespace.uuid;
    this.#inFlight.set(activationId, { namespaceUuid, ...waiting });
    if (waiting.giveUp === undefined)
      this.#byNamespace.set(namespaceUuid, this.inFlight(namespaceUuid) + 1);
  }

  /** Whoever waits for the end needs no disk's promise that it will come. */
  async #publish(message: NewActivation, how: Fresh | Continuing): Promise<void> {
    const { replyTo } = this.#options;
    const blocking = !("keep" in how && how.keep === "durable");
    const bytes = encodeActivation({ ...message, blocking, replyTo });
    try {
      await this.#options.bus.publish(this.#choose(message), bytes, how);
    } catch (cause) {
      this.#forget(message.activationId);
      throw cause;
    }
  }

  #choose({ composition }: NewActivation): string {
    if (composition !== undefined) return this.#options.coordinator;
    const [invoker] = this.#options.invokers;
    if (invoker === undefined) throw failure("unavailable", { detail: "No invokers available" });
    return invoker;
  }

  #forget(activationId: ActivationId): InFlight | undefined {
    const entry = this.#inFlight.get(activationId);
    if (entry === undefined) return undefined;
    this.#inFlight.delete(activationId);
    if (entry.giveUp !== undefined) return entry;
    const left = this.inFlight(entry.namespaceUuid) - 1;
    if (left > 0) this.#byNamespace.set(entry.namespaceUuid, left);
    else this.#byNamespace.delete(entry.namespaceUuid);
    return entry;
  }

  #complete({ activationId, statusCode, outcome }: Completion): void {
    // Absent for work of an earlier process: nobody waits for it.
    const entry = this.#forget(activationId);
    if (outcome !== undefined) entry?.finish?.({ statusCode, outcome });
  }

  /** Nothing more is accepted; whoever waits hears that it goes on without them. */
  releaseWaiting(): void {
    this.#stopping = true;
    for (const { finish, giveUp } of this.#inFlight.values()) {
      if (giveUp === undefined) finish?.(undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.releaseWaiting();
    for (const { giveUp } of this.#inFlight.values()) giveUp?.(failure("stopping"));
    await this.#subscription[Symbol.asyncDispose]();
  }
}

function toFresh({ user }: NewActivation, keep: Fresh["keep"]): Fresh {
  return { keep, owner: user.namespace.uuid };
}
