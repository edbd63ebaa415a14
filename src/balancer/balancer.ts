// The balancer: chooses an invoker for an activation, knows what is in flight, and hands the answer to
// whoever waits for it. It runs nothing.

import type { Bus } from "../bus/port.ts";
import type { StatusCode } from "../entities/activation.ts";
import { failure } from "../kernel/errors.ts";
import type { ActivationId } from "../kernel/ids.ts";
import { type ActivationMessage, encodeActivation } from "../messages/activation-message.ts";
import { type Completion, decodeCompletion } from "../messages/completion.ts";
import type { Log } from "../telemetry/log.ts";

export interface BalancerOptions {
  readonly bus: Bus;
  /** Topics of the invokers. */
  readonly invokers: readonly string[];
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
  readonly finish: ((finished: Finished | undefined) => void) | undefined;
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
  async accept(message: Omit<ActivationMessage, "replyTo" | "blocking">): Promise<void> {
    this.#register(message, undefined);
    await this.#publish(message, false);
  }

  /** Resolves when it has ended, or with `undefined` when it is accepted but has not ended in time. */
  async run(
    message: Omit<ActivationMessage, "replyTo" | "blocking">,
    waitMs: number,
  ): Promise<Finished | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const finished = new Promise<Finished | undefined>((resolve) => {
      timer = setTimeout(resolve, waitMs, undefined);
      this.#register(message, resolve);
    });
    try {
      await this.#publish(message, true);
      return await finished;
    } finally {
      clearTimeout(timer);
    }
  }

  #register(
    { activationId, user }: Pick<ActivationMessage, "activationId" | "user">,
    finish: InFlight["finish"],
  ): void {
    if (this.#stopping) throw failure("stopping");
    const namespaceUuid = user.namespace.uuid;
    this.#inFlight.set(activationId, { namespaceUuid, finish });
    this.#byNamespace.set(namespaceUuid, this.inFlight(namespaceUuid) + 1);
  }

  async #publish(
    message: Omit<ActivationMessage, "replyTo" | "blocking">,
    blocking: boolean,
  ): Promise<void> {
    const { replyTo } = this.#options;
    const bytes = encodeActivation({ ...message, blocking, replyTo });
    try {
      const keep = blocking ? "written" : "durable";
      await this.#options.bus.publish(this.#choose(), bytes, keep);
    } catch (cause) {
      this.#forget(message.activationId);
      throw cause;
    }
  }

  #choose(): string {
    const [invoker] = this.#options.invokers;
    if (invoker === undefined) throw failure("unavailable", { detail: "No invokers available" });
    return invoker;
  }

  #forget(activationId: ActivationId): InFlight | undefined {
    const entry = this.#inFlight.get(activationId);
    if (entry === undefined) return undefined;
    this.#inFlight.delete(activationId);
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
    for (const { finish } of this.#inFlight.values()) finish?.(undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.releaseWaiting();
    await this.#subscription[Symbol.asyncDispose]();
  }
}
