// The invoker: takes a message, gets a container from the pool, runs, classifies, and hands the record
// to its station, which keeps it and tells the controller. It knows no HTTP and no way of making
// containers.
//
//     taken ─▶ action loaded ─▶ placed ─▶ start mark kept ─▶ init? ─▶ run ─▶ finished
//
// The start mark is kept before the container hears of the activation.

import type { Bus } from "../bus/port.ts";
import type { CodeAction } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import {
  type EffectiveLimits,
  findOutside,
  resolveLimits,
  toPayloadBytesMax,
  toTruncationBytes,
} from "../entities/limit-rules.ts";
import type { NamespaceLimits, SystemLimits } from "../entities/limits.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, type ErrorCode } from "../kernel/errors.ts";
import { MB } from "../kernel/units.ts";
import {
  type ActivationMessage,
  toWhole,
  withoutLargeContent,
} from "../messages/activation-message.ts";
import type { ContainerPool, Job, Lease } from "../pool/pool.ts";
import { toErrorResponse, toFallbackRecord } from "../station/records.ts";
import { Station, type StationOptions, toFields, type Work } from "../station/station.ts";
import type { EntityStore } from "../stores/port.ts";
import type { Streams } from "../streams/port.ts";
import type { Log } from "../telemetry/log.ts";
import { ActionCache } from "./action-cache.ts";
import { Health } from "./health.ts";
import { runInContainer } from "./run.ts";

export interface InvokerOptions {
  readonly id: string;
  readonly bus: Bus;
  readonly pool: ContainerPool;
  readonly entities: Pick<EntityStore, "get">;
  /** Topic for activations that have failed for the last time. */
  readonly deadLetters: string;
  readonly activations: StationOptions["activations"];
  readonly idempotency: StationOptions["idempotency"];
  readonly isBlocked: StationOptions["isBlocked"];
  readonly streams: Pick<Streams, "open" | "close">;
  readonly limits: SystemLimits;
  /** Work from before this process that was accepted longer ago is not run. */
  readonly restartWorkAgeMs: number;
  readonly triesMax: StationOptions["triesMax"];
  readonly clock: Clock;
  readonly log: Log;
}

const IN_FLIGHT_MAX = 50_000;
const CODE_CACHE_BYTES = 64 * MB;

/** What passes. */
const BUSY: ReadonlySet<ErrorCode> = new Set(["unavailable", "store-full"]);

const NOT_PROVISIONED = "Failed to provision resources to run the action.";

interface Activation extends Work {
  /** While it waits, large arguments are left to the bus, which keeps them on disk. */
  readonly message: ActivationMessage;
  readonly action: CodeAction;
}

export class Invoker implements AsyncDisposable {
  readonly #options: InvokerOptions;
  readonly #station: Station;
  readonly #actions: ActionCache;
  readonly #health = new Health();
  #phase: "new" | "open" | "stopping" = "new";
  readonly #limits = new WeakMap<NamespaceLimits, EffectiveLimits>();
  /** Jobs that a stop does not withdraw: they have begun, or what they are parts of has. */
  readonly #staying = new WeakMap<Job, Work>();

  constructor(options: InvokerOptions) {
    this.#options = options;
    this.#station = new Station({
      ...options,
      topic: options.id,
      inFlightMax: IN_FLIGHT_MAX,
      answersLogs: false,
    });
    this.#actions = new ActionCache(options.entities, CODE_CACHE_BYTES);
  }

  /** Begins to take messages. What an earlier process left comes first. */
  start(): void {
    this.#phase = "open";
    this.#station.start((work) => this.#take(work));
  }

  get state(): "up" | "unhealthy" | "down" {
    if (this.#phase !== "open") return "down";
    return this.#health.isHealthy ? "up" : "unhealthy";
  }

  #take(work: Work): void {
    const { id, revision } = work.message.action;
    const action = this.#actions.peek(id, revision);
    if (action === undefined) this.#station.inBackground(work, this.#load(work));
    else this.#admit({ ...work, action });
  }

  async #load(work: Work): Promise<void> {
    const { message } = work;
    let response: ReturnType<typeof toErrorResponse>;
    try {
      const action = await this.#actions.load(message.action);
      if (action !== undefined) {
        this.#admit({ ...work, action });
        return;
      }
      response = toErrorResponse(1, "Action could not be found or may have been deleted.");
    } catch (cause) {
      const isBusy = cause instanceof BriskError && BUSY.has(cause.code);
      if (isBusy) return this.#station.beginAgain(work, () => this.#take(work));
      this.#options.log.error({ err: cause, ...toFields(message) }, "action cannot be fetched");
      response = toErrorResponse(3, "Action could not be fetched.");
    }
    const now = this.#options.clock();
    await this.#station.finish(work, toFallbackRecord(message, response, { now }));
  }

  /** The namespace's limits may be others than when the action was stored. */
  #admit(activation: Activation): void {
    const { message, action } = activation;
    const wrong = findOutside(action.limits, this.#resolveLimits(message.user.limits));
    if (wrong === undefined) {
      this.#submit(activation);
      return;
    }
    const now = this.#options.clock();
    const record = toFallbackRecord(message, toErrorResponse(1, wrong), { now });
    this.#station.inBackground(activation, this.#station.finish(activation, record));
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

  #submit({ delivery, action, ...activation }: Activation): void {
    if (!this.#station.mayBegin({ delivery })) return;
    const message = withoutLargeContent(activation.message);
    const isWhole = message === activation.message;
    const job: Job = {
      need: toNeed(message, action),
      // What is handed over ahead counts as started, and is not run again after a crash. So only what
      // somebody waits for, who would hear of it; and only what is small, as containers keep it.
      mayGoAhead: isWhole && message.blocking,
      placed: (lease) => {
        this.#health.add({ failed: false });
        const work = { delivery, message, action };
        this.#station.inBackground(work, this.#run(work, lease));
      },
      failed: (cause) => {
        const work = { delivery, message };
        this.#station.inBackground(work, this.#recordFailure(work, cause));
      },
    };
    if (delivery.continues !== undefined) this.#staying.set(job, { delivery, message });
    this.#options.pool.submit(job);
  }

  #run(activation: Activation, lease: Lease): Promise<void> {
    return this.#station.run(activation, async () => {
      const { streams } = this.#options;
      const station = this.#station;
      const refusing = this.#refuse(activation, lease);
      if (refusing !== undefined && (await refusing)) return;
      const whole = this.#readWhole(activation);
      const mayBegin = whole !== undefined && station.mayBegin(activation);
      if (!mayBegin || !(await station.markStarted(activation))) {
        this.#putBack(activation, lease);
        return;
      }
      let isWhole = false;
      try {
        const record = await this.#runToEnd(whole, lease);
        if (record === undefined) return;
        await station.finish(activation, record);
        isWhole = record.response.statusCode === 0;
      } finally {
        // After the record is kept: where the client sees the end, there is one.
        streams.close(activation.message.activationId, isWhole);
      }
    });
  }

  #putBack(activation: Activation, lease: Lease): void {
    giveBack(lease);
    this.#station.inBackground(
      activation,
      this.#station.beginAgain(activation, () => this.#submit(activation)),
    );
  }

  /** With all of its arguments; nothing where the disk does not give them. */
  #readWhole(activation: Activation): Activation | undefined {
    const { message, delivery } = activation;
    try {
      const whole = toWhole(message, delivery);
      return whole === message ? activation : { ...activation, message: whole };
    } catch (cause) {
      const fields = { err: cause, ...toFields(message) };
      this.#options.log.error(fields, "arguments cannot be read yet");
      return undefined;
    }
  }

  /** It may have waited for the container for long. `undefined` where it is known that it may run. */
  #refuse(activation: Activation, lease: Lease): Promise<boolean> | undefined {
    return this.#station.refuseBlocked(activation)?.then((isRefused) => {
      if (isRefused) giveBack(lease);
      return isRefused;
    });
  }

  /** @returns `undefined` where it has been refused meanwhile */
  async #runToEnd(activation: Activation, first: Lease): Promise<ActivationRecord | undefined> {
    const { message, action } = activation;
    const { streams, clock, limits } = this.#options;
    const bytesMax = toPayloadBytesMax(limits, message.user.limits);
    const truncationBytes = toTruncationBytes(limits, message.user.limits);
    const options = { bytesMax, truncationBytes, streams, clock };
    let lease = first;
    for (;;) {
      const record = await runInContainer({ message, action, lease }, options);
      if (record !== undefined) return record;
      try {
        lease = await this.#leaseAgain(activation);
      } catch (cause) {
        return this.#toFailure(activation, cause);
      }
      if (await this.#refuse(activation, lease)) return undefined;
    }
  }

  /** For what came back from a container without having begun: it is not handed over ahead again. */
  #leaseAgain({ delivery, message, action }: Activation): Promise<Lease> {
    return new Promise((placed, failed) => {
      const job = { need: toNeed(message, action), mayGoAhead: false, placed, failed };
      this.#staying.set(job, { delivery, message });
      this.#options.pool.submit(job);
    });
  }

  async #recordFailure(work: Work, cause: unknown): Promise<void> {
    // A stop ends containers in the making; what was to run in them stays on the bus.
    if (!this.#station.mayBegin(work)) return;
    await this.#station.finish(work, this.#toFailure(work, cause));
  }

  #toFailure({ message }: Work, cause: unknown): ActivationRecord {
    this.#health.add({ failed: true });
    this.#options.log.error({ err: cause, ...toFields(message) }, "container cannot be made");
    const now = this.#options.clock();
    return toFallbackRecord(message, toErrorResponse(3, NOT_PROVISIONED), { now });
  }

  /** Takes nothing more but parts, and waits for what runs. What has not started stays on the bus. */
  stop(waitMs: number): Promise<void> {
    this.#phase = "stopping";
    const stopped = this.#station.stop(waitMs);
    for (const job of this.#options.pool.withdrawAll()) {
      const work = this.#staying.get(job);
      if (work !== undefined && this.#station.mayBegin(work)) this.#options.pool.submit(job);
    }
    return stopped;
  }

  /** Records as abandoned what still runs, and takes nothing more. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#station[Symbol.asyncDispose]();
  }
}

/** Nothing has run in it: one that has no code yet is of no use to others. */
function giveBack(lease: Lease): void {
  if (lease.fresh) lease.destroy();
  else lease.giveBack();
}

function toNeed(
  { user, action: { id, revision } }: ActivationMessage,
  action: CodeAction,
): Job["need"] {
  const { uuid } = user.namespace;
  return {
    key: `${uuid} ${revision} ${id}`,
    namespace: uuid,
    kind: action.exec.kind,
    memoryMb: action.limits.memory,
    concurrency: action.limits.concurrency,
  };
}
