// The invoker: takes a message, gets a container from the pool, runs, classifies, stores the record,
// tells the controller, and only then lets go of the message. It knows no HTTP and no way of
// making containers.
//
//     delivered ─▶ action loaded ─▶ placed ─▶ start mark kept ─▶ init? ─▶ run ─▶ record kept ─▶ told ─▶ done
//
// The start mark is kept before the container hears of the activation, and the record before the
// message is done. So after a crash what has no mark runs, and what has one but no record is recorded
// as abandoned: never twice, never none.

import { setTimeout as delay } from "node:timers/promises";
import type { Bus, Delivery } from "../bus/port.ts";
import type { Action } from "../entities/action.ts";
import {
  type ActivationDocument,
  type ActivationRecord,
  toBlockingAnswer,
  toDocument,
} from "../entities/activation.ts";
import {
  type EffectiveLimits,
  findOutside,
  resolveLimits,
  toPayloadBytesMax,
} from "../entities/limit-rules.ts";
import type { NamespaceLimits, SystemLimits } from "../entities/limits.ts";
import type { Identity } from "../entities/subject.ts";
import type { Clock } from "../kernel/clock.ts";
import { KB, MB, SECOND_MS } from "../kernel/units.ts";
import { type ActivationMessage, decodeActivation } from "../messages/activation-message.ts";
import { encodeCompletion } from "../messages/completion.ts";
import type { ContainerPool, Job, Lease } from "../pool/pool.ts";
import type { ActivationStore, EntityStore, IdempotencyStore } from "../stores/port.ts";
import type { Log } from "../telemetry/log.ts";
import { ActionCache } from "./action-cache.ts";
import { internalError, type Outcome } from "./classify.ts";
import { Health } from "./health.ts";
import { toFallbackRecord } from "./records.ts";
import { runInContainer } from "./run.ts";

export interface InvokerOptions {
  readonly id: string;
  readonly bus: Bus;
  readonly pool: ContainerPool;
  readonly entities: Pick<EntityStore, "get">;
  readonly activations: Pick<ActivationStore, "put" | "has">;
  readonly idempotency: Pick<IdempotencyStore, "confirm">;
  readonly limits: SystemLimits;
  /** Whose accepted work is not to run any more. */
  readonly isBlocked: (user: Identity) => boolean | Promise<boolean>;
  /** Work from before this process that was accepted longer ago is not run. */
  readonly restartWorkAgeMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Messages taken from the bus that are not done; each is some 1 KB and what its arguments take. */
const IN_FLIGHT_MAX = 50_000;
const CODE_CACHE_BYTES = 64 * MB;
const STORE_RETRY_MS = SECOND_MS;

const ABANDONED =
  "The activation was abandoned: the platform stopped while it ran, and it is not run twice.";
const EXPIRED = "The activation expired: the platform was down for longer than its work is kept.";
/** OpenWhisk's word for it. */
const BLOCKED = "The action was not invoked due to a blacklisted namespace.";
const NOT_PROVISIONED = "Failed to provision resources to run the action.";

interface Activation {
  readonly delivery: Delivery;
  /** While it waits, large arguments are left to the bus, which keeps them on disk. */
  readonly message: ActivationMessage;
  readonly action: Action;
}

/** Characters of arguments that a waiting activation keeps in memory. */
const WAITING_CONTENT_MAX = 16 * KB;
const LEFT_OUT = "" as ActivationMessage["content"];

export class Invoker implements AsyncDisposable {
  readonly #options: InvokerOptions;
  readonly #actions: ActionCache;
  readonly #limits = new WeakMap<NamespaceLimits, EffectiveLimits>();
  readonly #openedAt: number;
  readonly #running = new Set<Activation>();
  readonly #settled: (() => void)[] = [];
  readonly #closed = new AbortController();
  readonly #health = new Health();
  #stopping = false;
  #subscription: AsyncDisposable | undefined;

  constructor(options: InvokerOptions) {
    this.#options = options;
    this.#actions = new ActionCache(options.entities, CODE_CACHE_BYTES);
    this.#openedAt = options.clock();
  }

  /** Begins to take messages. What an earlier process left comes first. */
  start(): void {
    this.#subscription = this.#options.bus.subscribe({
      topic: this.#options.id,
      inFlightMax: IN_FLIGHT_MAX,
      deliver: (delivery) => this.#receive(delivery),
    });
  }

  get state(): "up" | "unhealthy" | "down" {
    if (this.#stopping || this.#subscription === undefined) return "down";
    return this.#health.isHealthy ? "up" : "unhealthy";
  }

  #receive(delivery: Delivery): void {
    if (this.#stopping) return;
    let message: ActivationMessage;
    try {
      message = decodeActivation(delivery.message);
    } catch (cause) {
      this.#options.log.error({ err: cause }, "message cannot be read and is dropped");
      delivery.done();
      return;
    }
    if (delivery.startedBefore || this.#isExpired(delivery)) {
      this.#inBackground(message, this.#recordUnrun(delivery, message));
      return;
    }
    const isBlocked = this.#options.isBlocked(message.user);
    if (isBlocked === false) this.#prepare(delivery, message);
    else this.#inBackground(message, this.#prepareUnlessBlocked(delivery, message));
  }

  async #prepareUnlessBlocked(delivery: Delivery, message: ActivationMessage): Promise<void> {
    if (await this.#isBlocked(message)) await this.#refuseBlocked({ delivery, message });
    else this.#prepare(delivery, message);
  }

  async #isBlocked(message: ActivationMessage): Promise<boolean> {
    try {
      return await this.#options.isBlocked(message.user);
    } catch (cause) {
      // It was accepted: in doubt it runs.
      this.#options.log.error({ err: cause, ...toFields(message) }, "subject cannot be looked up");
      return false;
    }
  }

  /** Somebody who waits is told; a record is not kept, so that the blocked fill no store. */
  async #refuseBlocked(activation: Pick<Activation, "delivery" | "message">): Promise<void> {
    const outcome: Outcome = { ...internalError(BLOCKED), statusCode: 1 };
    const now = this.#options.clock();
    const record = toFallbackRecord(activation.message, outcome, { now });
    await this.#tell(activation, record, toDocument(record));
  }

  #prepare(delivery: Delivery, message: ActivationMessage): void {
    const { id, revision } = message.action;
    const action = this.#actions.peek(id, revision);
    if (action === undefined) this.#inBackground(message, this.#load(delivery, message));
    else this.#admit({ delivery, message, action });
  }

  #isExpired({ publishedAt }: Delivery): boolean {
    const { clock, restartWorkAgeMs } = this.#options;
    return publishedAt < this.#openedAt && clock() - publishedAt > restartWorkAgeMs;
  }

  async #recordUnrun(delivery: Delivery, message: ActivationMessage): Promise<void> {
    // Its record may have been kept just before the crash.
    const known =
      delivery.startedBefore && (await this.#options.activations.has(message.activationId));
    if (!known) {
      const reason = delivery.startedBefore ? "abandoned" : "expired";
      const outcome = internalError(reason === "abandoned" ? ABANDONED : EXPIRED);
      const now = this.#options.clock();
      await this.#store(message, toFallbackRecord(message, outcome, { now, reason }));
    }
    await this.#confirm(message);
    delivery.done();
  }

  async #load(delivery: Delivery, message: ActivationMessage): Promise<void> {
    const { id, revision } = message.action;
    let outcome: Outcome;
    try {
      const action = await this.#actions.load(id, revision);
      if (action !== undefined) {
        this.#admit({ delivery, message, action });
        return;
      }
      const text = "Action could not be found or may have been deleted.";
      outcome = { ...internalError(text), statusCode: 1 };
    } catch (cause) {
      this.#options.log.error({ err: cause, ...toFields(message) }, "action cannot be fetched");
      outcome = internalError("Action could not be fetched.");
    }
    const now = this.#options.clock();
    await this.#finish({ delivery, message }, toFallbackRecord(message, outcome, { now }));
  }

  /** The namespace's limits may be others than when the action was stored. */
  #admit(activation: Activation): void {
    const { delivery, message, action } = activation;
    const wrong = findOutside(action.limits, this.#resolveLimits(message.user.limits));
    if (wrong === undefined) {
      this.#submit(activation);
      return;
    }
    const outcome: Outcome = { ...internalError(wrong), statusCode: 1 };
    const record = toFallbackRecord(message, outcome, { now: this.#options.clock() });
    this.#inBackground(message, this.#finish({ delivery, message }, record));
  }

  /** Once for all messages of a key: they share their identity's limits. */
  #resolveLimits(own: NamespaceLimits): EffectiveLimits {
    let limits = this.#limits.get(own);
    if (limits === undefined) {
      limits = resolveLimits(this.#options.limits, own);
      this.#limits.set(own, limits);
    }
    return limits;
  }

  #submit(activation: Activation): void {
    if (this.#stopping) return;
    const { action, delivery } = activation;
    const isLarge = activation.message.content.length > WAITING_CONTENT_MAX;
    const message = isLarge ? { ...activation.message, content: LEFT_OUT } : activation.message;
    const { id, revision } = message.action;
    const { uuid } = message.user.namespace;
    const job: Job = {
      need: {
        key: `${uuid} ${revision} ${id}`,
        namespace: uuid,
        kind: action.exec.kind,
        memoryMb: action.limits.memory,
        concurrency: action.limits.concurrency,
      },
      placed: (lease) => {
        this.#health.add({ failed: false });
        const whole = isLarge ? decodeActivation(delivery.message) : message;
        this.#inBackground(message, this.#run({ delivery, message: whole, action }, lease));
      },
      failed: (cause) =>
        this.#inBackground(message, this.#recordFailure({ delivery, message, action }, cause)),
    };
    this.#options.pool.submit(job);
  }

  async #run(activation: Activation, lease: Lease): Promise<void> {
    const { delivery, message, action } = activation;
    this.#running.add(activation);
    try {
      // It may have waited for long.
      const isBlocked = this.#options.isBlocked(message.user);
      if (isBlocked !== false && (await this.#isBlocked(message))) {
        giveBack(lease);
        await this.#refuseBlocked(activation);
        return;
      }
      if (this.#stopping || !(await this.#markStarted(activation))) {
        giveBack(lease);
        this.#inBackground(message, this.#submitAgain(activation));
        return;
      }
      const bytesMax = toPayloadBytesMax(this.#options.limits, message.user.limits);
      const options = { bytesMax, clock: this.#options.clock };
      const record = await runInContainer({ message, action, lease }, options);
      if (this.#closed.signal.aborted) return;
      await this.#finish({ delivery, message }, record);
    } finally {
      this.#running.delete(activation);
      if (this.#running.size === 0) for (const settled of this.#settled.splice(0)) settled();
    }
  }

  /** False where the mark cannot be kept: it must not run then. */
  async #markStarted({ delivery, message }: Activation): Promise<boolean> {
    try {
      await delivery.start();
      return true;
    } catch (cause) {
      this.#options.log.warn({ err: cause, ...toFields(message) }, "activation cannot be started");
      return false;
    }
  }

  /** What was accepted before runs when there is room for its mark; whoever just published it knows. */
  async #submitAgain(activation: Activation): Promise<void> {
    if (activation.delivery.lost) return;
    await delay(STORE_RETRY_MS, undefined, { signal: this.#closed.signal });
    this.#submit(activation);
  }

  async #recordFailure({ delivery, message }: Activation, cause: unknown): Promise<void> {
    // A stop ends containers in the making; what was to run in them stays on the bus.
    if (this.#stopping) return;
    this.#health.add({ failed: true });
    this.#options.log.error({ err: cause, ...toFields(message) }, "container cannot be made");
    const now = this.#options.clock();
    const record = toFallbackRecord(message, internalError(NOT_PROVISIONED), { now });
    await this.#finish({ delivery, message }, record);
  }

  async #finish(
    { delivery, message }: Pick<Activation, "delivery" | "message">,
    record: ActivationRecord,
  ): Promise<void> {
    const document = await this.#store(message, record);
    await this.#tell({ delivery, message }, record, document);
  }

  async #tell(
    { delivery, message }: Pick<Activation, "delivery" | "message">,
    record: ActivationRecord,
    document: ActivationDocument,
  ): Promise<void> {
    const { activationId, blocking, replyTo } = message;
    const { statusCode, result } = record.response;
    const completion = { activationId, invoker: this.#options.id, statusCode };
    const outcome = { record: toBlockingAnswer(document), result: result ?? NOTHING };
    const answer = encodeCompletion(blocking ? { ...completion, outcome } : completion);
    await this.#options.bus.publish(replyTo, answer, "volatile");
    await this.#confirm(message);
    delivery.done();
  }

  /** Keeps the record, however long it takes: until then the activation is not over. */
  async #store(message: ActivationMessage, record: ActivationRecord) {
    const document = toDocument(record);
    if (message.user.limits.storeActivations === false) return document;
    const keep = message.blocking ? "written" : "durable";
    await this.#retry(message, () => this.#options.activations.put(document, keep));
    return document;
  }

  /** An unconfirmed idempotency key would be taken for free after a crash, once its message is done. */
  async #confirm(message: ActivationMessage): Promise<void> {
    const { acceptance } = message;
    if (acceptance === undefined) return;
    await this.#retry(message, () => this.#options.idempotency.confirm(acceptance));
  }

  async #retry(message: ActivationMessage, keep: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await keep();
        return;
      } catch (cause) {
        this.#options.log.error({ err: cause, ...toFields(message) }, "record cannot be kept yet");
        await delay(STORE_RETRY_MS, undefined, { signal: this.#closed.signal });
      }
    }
  }

  #inBackground(message: ActivationMessage, work: Promise<void>): void {
    work.catch((cause: unknown) => {
      if (this.#closed.signal.aborted) return;
      this.#options.log.error({ err: cause, ...toFields(message) }, "activation failed inside");
    });
  }

  /** Takes nothing more, and waits for what runs. What has not started stays on the bus. */
  async stop(waitMs: number): Promise<void> {
    this.#stopping = true;
    this.#options.pool.withdrawAll();
    if (this.#running.size === 0) return;
    const settled = new Promise<void>((resolve) => this.#settled.push(resolve));
    await Promise.race([settled, delay(waitMs, undefined, { ref: false })]);
  }

  /** Records as abandoned what still runs, and takes nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    const left = [...this.#running];
    await Promise.all(
      left.map(async ({ delivery, message }) => {
        const now = this.#options.clock();
        const reason = "abandoned";
        const record = toFallbackRecord(message, internalError(ABANDONED), { now, reason });
        await this.#finish({ delivery, message }, record);
      }),
    );
    this.#closed.abort();
    await this.#subscription?.[Symbol.asyncDispose]();
  }
}

const NOTHING = "{}" as NonNullable<ActivationRecord["response"]["result"]>;

/** Without having been used. */
function giveBack(lease: Lease): void {
  if (lease.fresh) lease.destroy();
  else lease.release();
}

function toFields({ activationId, transaction }: ActivationMessage) {
  return { activationId, transactionId: transaction[0] };
}
