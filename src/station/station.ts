// Where activations are taken from a topic of the bus and seen to their end. What is done with one is
// the business of whoever owns the station; what must hold for every one, whatever is killed in
// between, is here.
//
//     delivered ─▶ start mark kept ─▶ (the work) ─▶ record kept ─▶ next try? ─▶ told ─▶ done
//
// The start mark is kept before anything is done for an activation, and its record, and what comes after
// it, before its message is done. So after a crash what has no mark is worked on, and what has one but no record is recorded
// as abandoned: never twice, never none.

import { setTimeout as delay } from "node:timers/promises";
import type { Bus, Delivery } from "../bus/port.ts";
import {
  type ActivationDocument,
  type ActivationRecord,
  toBlockingAnswer,
  toDocument,
  toRecordText,
} from "../entities/activation.ts";
import type { Identity } from "../entities/subject.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError } from "../kernel/errors.ts";
import { insist } from "../kernel/insist.ts";
import type { WaitingMax } from "../kernel/shares.ts";
import { SECOND_MS } from "../kernel/units.ts";
import {
  type ActivationMessage,
  decodeActivation,
  toWhole,
} from "../messages/activation-message.ts";
import { encodeCompletion } from "../messages/completion.ts";
import type { ActivationStore, IdempotencyStore } from "../stores/port.ts";
import type { Log } from "../telemetry/log.ts";
import { toErrorResponse, toFallbackRecord, toUnrunRecord, type UnrunReason } from "./records.ts";
import { Tries } from "./tries.ts";

export interface StationOptions {
  /** Topic of the activations that are seen to here. */
  readonly topic: string;
  /** Messages taken from the bus that are not done; each is some 1 KB and what its arguments take. */
  readonly inFlightMax: number;
  /** Whether a blocking answer shows the logs. */
  readonly answersLogs: boolean;
  readonly bus: Bus;
  /** Topic for those that have failed for the last time. */
  readonly deadLetters: string;
  readonly activations: Pick<ActivationStore, "put" | "has" | "get">;
  readonly idempotency: Pick<IdempotencyStore, "confirm">;
  /** Whose accepted work is not to run any more. */
  readonly isBlocked: (user: Identity) => boolean | Promise<boolean>;
  /** Work from before this process that was accepted longer ago is not begun. */
  readonly restartWorkAgeMs: number;
  readonly triesMax: WaitingMax;
  readonly clock: Clock;
  readonly log: Log;
}

/** One activation that is to be seen to its end. */
export interface Work {
  readonly delivery: Delivery;
  readonly message: ActivationMessage;
}

interface Running {
  readonly work: Work;
  /** Its end, once that has begun. */
  finishing: Promise<void> | undefined;
}

const STORE_RETRY_MS = SECOND_MS;
/** How long a stop waits for the records of what it ends: many thousands take a second. */
const ABANDON_MS_MAX = 5 * SECOND_MS;

/** OpenWhisk's word for it. */
const BLOCKED = toErrorResponse(1, "The action was not invoked due to a blacklisted namespace.");

/** `ending`: what has begun is ended, and so are its parts begun; nothing else is. */
type Phase = "open" | "ending" | "ended";

export class Station implements AsyncDisposable {
  readonly #options: StationOptions;
  readonly #openedAt: number;
  readonly #running = new Map<Delivery, Running>();
  readonly #tries: Tries;
  readonly #closed = new AbortController();
  #phase: Phase = "open";
  /** While it stops: hears of what ends. */
  #ended: ((work: Work) => void) | undefined;
  #subscription: AsyncDisposable | undefined;

  constructor(options: StationOptions) {
    this.#options = options;
    this.#openedAt = options.clock();
    this.#tries = new Tries(options);
  }

  /** Begins to take messages. What an earlier process left comes first. */
  start(take: (work: Work) => void): void {
    const { bus, topic, inFlightMax } = this.#options;
    this.#subscription = bus.subscribe({
      topic,
      inFlightMax,
      deliver: (delivery) => this.#receive(delivery, take),
    });
  }

  #receive(delivery: Delivery, take: (work: Work) => void): void {
    if (this.#phase === "ended") return;
    let message: ActivationMessage;
    try {
      message = decodeActivation(delivery.message);
    } catch (cause) {
      this.#receiveUnread(delivery, { cause, take });
      return;
    }
    const work = { delivery, message };
    if (!this.mayBegin(work)) return;
    if (isOrphan(work)) {
      delivery.done();
      return;
    }
    if (delivery.startedBefore) {
      this.inBackground(work, this.#recordUnrun(work, "abandoned"));
    } else if (this.#tries.isFurther(message)) {
      this.inBackground(work, this.#takeOnce(work, take));
    } else {
      this.#takeInTime(work, take);
    }
  }

  /** What the disk does not give is still there, and was accepted; what is no message never is. */
  #receiveUnread(
    delivery: Delivery,
    { cause, take }: { readonly cause: unknown; readonly take: (work: Work) => void },
  ): void {
    const { log } = this.#options;
    if (!(cause instanceof BriskError)) {
      log.error({ err: cause }, "message cannot be read and is dropped");
      delivery.done();
      return;
    }
    log.error({ err: cause }, "message cannot be read yet");
    const again = () => this.#receive(delivery, take);
    delay(STORE_RETRY_MS, undefined, { signal: this.#closed.signal }).then(again, () => {});
  }

  #takeInTime(work: Work, take: (work: Work) => void): void {
    if (this.#isExpired(work.delivery)) {
      this.inBackground(work, this.#recordUnrun(work, "expired"));
    } else this.#takeUnblocked(work, take);
  }

  #takeUnblocked(work: Work, take: (work: Work) => void): void {
    const refusing = this.refuseBlocked(work);
    if (refusing === undefined) {
      take(work);
      return;
    }
    const settled = refusing.then((isRefused) => (isRefused ? undefined : take(work)));
    this.inBackground(work, settled);
  }

  /**
   * `undefined` where it is known that it may run, else whether it has been refused: whoever waits is told;
   * a record is not kept, so that the blocked fill no store.
   */
  refuseBlocked(work: Work): Promise<boolean> | undefined {
    const isBlocked = this.#options.isBlocked(work.message.user);
    return isBlocked === false ? undefined : this.#refuseIf(work, Promise.resolve(isBlocked));
  }

  async #refuseIf(work: Work, isBlocked: Promise<boolean>): Promise<boolean> {
    try {
      if (!(await isBlocked)) return false;
    } catch (cause) {
      // It was accepted: in doubt it runs.
      const fields = { err: cause, ...toFields(work.message) };
      this.#options.log.error(fields, "subject cannot be looked up");
      return false;
    }
    this.#tries.end(work.message);
    const record = toFallbackRecord(work.message, BLOCKED, { now: this.#options.clock() });
    await this.#tell(work, record, toDocument(record));
    return true;
  }

  async #takeOnce(work: Work, take: (work: Work) => void): Promise<void> {
    const { delivery, message } = work;
    if (!this.#tries.begin(message)) {
      delivery.done();
      return;
    }
    const { activations } = this.#options;
    // Before a crash its record may have been kept.
    if (await this.#insist(message, () => activations.has(message.activationId))) {
      this.#tries.end(message);
      delivery.done();
    } else this.#takeInTime(work, take);
  }

  /** Whether it may be begun now. What may not stays on the bus for the next process. */
  mayBegin({ delivery }: Pick<Work, "delivery">): boolean {
    if (this.#phase === "ending") return delivery.started || delivery.continues?.started === true;
    return this.#phase === "open";
  }

  #isExpired({ publishedAt }: Delivery): boolean {
    const { clock, restartWorkAgeMs } = this.#options;
    return publishedAt < this.#openedAt && clock() - publishedAt > restartWorkAgeMs;
  }

  async #recordUnrun(work: Work, reason: UnrunReason): Promise<void> {
    const { delivery, message } = work;
    const isExpired = reason === "expired";
    const known = isExpired ? undefined : await this.#findRecord(message);
    const record = toUnrunRecord(message, reason, this.#options.clock());
    // In this order: a try that has its record and no start mark is taken for one that was followed up.
    await this.#followUp(work, known ?? toDocument(record), isExpired);
    if (known === undefined) await this.store(message, record, toKeep(message));
    await this.#confirm(message);
    delivery.done();
  }

  /** It may have been kept just before the crash. */
  #findRecord(message: ActivationMessage): Promise<ActivationDocument | undefined> {
    const { user, activationId } = message;
    const { activations } = this.#options;
    return this.#insist(message, () => activations.get(user.namespace.name, activationId));
  }

  /** While it runs a stop waits for the work, and at last records it as abandoned. */
  async run(work: Work, run: () => Promise<void>): Promise<void> {
    this.#running.set(work.delivery, { work, finishing: undefined });
    try {
      await run();
    } finally {
      this.#running.delete(work.delivery);
      this.#ended?.(work);
    }
  }

  /** False where the mark cannot be kept: it must not run then. */
  async markStarted({ delivery, message }: Work): Promise<boolean> {
    try {
      await delivery.start();
      return true;
    } catch (cause) {
      this.#options.log.warn({ err: cause, ...toFields(message) }, "activation cannot be started");
      return false;
    }
  }

  /** What was accepted before runs when there is room for its mark; whoever just published it knows. */
  async beginAgain({ delivery }: Work, begin: () => void): Promise<void> {
    if (delivery.lost) {
      delivery.done();
      return;
    }
    await delay(STORE_RETRY_MS, undefined, { signal: this.#closed.signal });
    begin();
  }

  /**
   * It is over: the record is kept, and whoever sent it is told. Called again, as a stop does for what is
   * ending just then, waits for the same end: one that went well must not be tried again as abandoned.
   */
  finish(work: Work, record: ActivationRecord): Promise<void> {
    const running = this.#running.get(work.delivery);
    if (running?.finishing !== undefined) return running.finishing;
    // What ran on past its time has been recorded as abandoned.
    if (this.#closed.signal.aborted) return Promise.resolve();
    const finishing = this.#finish(work, record);
    if (running !== undefined) running.finishing = finishing;
    return finishing;
  }

  async #finish(work: Work, record: ActivationRecord): Promise<void> {
    const { message } = work;
    const isTried = message.trying !== undefined;
    if (isTried) await this.#markEnding(work);
    const document = await this.store(message, record, toKeep(message));
    if (isTried) await this.#followUp(work, document);
    await this.#tell(work, record, document);
  }

  /**
   * What failed without having run has no mark yet. Killed between its record and what follows it, it would
   * begin anew, or as a further try be taken for one that was followed up.
   */
  async #markEnding({ delivery, message }: Work): Promise<void> {
    await this.#insist(message, async () => delivery.started || delivery.lost || delivery.start());
  }

  async #tell(
    { delivery, message }: Work,
    record: ActivationRecord,
    document: ActivationDocument,
  ): Promise<void> {
    const { bus, topic, answersLogs } = this.#options;
    const { activationId, blocking, replyTo } = message;
    const { statusCode, result = NOTHING, size } = record.response;
    const completion = { activationId, invoker: topic, statusCode };
    if (!blocking) await bus.publish(replyTo, encodeCompletion(completion), "volatile");
    else {
      const shown = answersLogs ? toRecordText(document) : toBlockingAnswer(document);
      const outcome = { record: shown, result, durationMs: record.duration ?? 0, size };
      await bus.publish(replyTo, encodeCompletion({ ...completion, outcome }), "volatile");
    }
    if (message.acceptance !== undefined) await this.#confirm(message);
    delivery.done();
  }

  /** An unconfirmed idempotency key would be taken for free after a crash, once its message is done. */
  async #confirm(message: ActivationMessage): Promise<void> {
    const { acceptance } = message;
    if (acceptance === undefined) return;
    await this.#insist(message, () => this.#options.idempotency.confirm(acceptance));
  }

  /** Keeps the record, however long it takes: until then the activation is not over. */
  async store(
    message: Pick<ActivationMessage, "activationId" | "transaction" | "user">,
    record: ActivationRecord,
    keep: "written" | "durable",
  ): Promise<ActivationDocument> {
    const document = toDocument(record);
    if (message.user.limits.storeActivations === false) return document;
    await this.#insist(message, () => this.#options.activations.put(document, keep));
    return document;
  }

  #insist<T>(message: Parameters<typeof toFields>[0], attempt: () => Promise<T>): Promise<T> {
    const { log } = this.#options;
    const failed = (err: unknown) =>
      log.error({ err, ...toFields(message) }, "an activation waits for the disk or the stores");
    return insist(attempt, { signal: this.#closed.signal, failed });
  }

  async #followUp(
    { delivery, message }: Work,
    document: ActivationDocument,
    isExpired = false,
  ): Promise<void> {
    if (message.trying === undefined) return;
    await this.#insist(message, () =>
      this.#tries.keepFollowUp(toWhole(message, delivery), document, isExpired),
    );
    this.#tries.end(message);
  }

  /** Work that nobody awaits: its failure is logged. */
  inBackground({ message }: Pick<Work, "message">, work: Promise<void>): void {
    work.catch((cause: unknown) => {
      if (this.#closed.signal.aborted) return;
      this.#options.log.error({ err: cause, ...toFields(message) }, "activation failed inside");
    });
  }

  /** Begins nothing more but parts of what has begun, and waits for what runs. */
  async stop(waitMs: number): Promise<void> {
    this.#phase = "ending";
    const left = new Set([...this.#running.keys()].filter(({ started }) => started));
    if (left.size === 0) return;
    const settled = new Promise<void>((resolve) => {
      this.#ended = ({ delivery }) => {
        if (left.delete(delivery) && left.size === 0) resolve();
      };
    });
    await Promise.race([settled, delay(waitMs, undefined, { ref: false })]);
  }

  /** It will not come to its end. What has not started stays on the bus. */
  async abandon(work: Work): Promise<void> {
    if (!work.delivery.started) return;
    const record = toUnrunRecord(work.message, "abandoned", this.#options.clock());
    await this.finish(work, record);
  }

  /**
   * Records as abandoned what still runs, and takes nothing more. What cannot be recorded stays on the bus
   * with its mark, so that the next start does.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#phase = "ended";
    const abandoning = [...this.#running.values()].map(({ work }) => this.abandon(work));
    // From here on nothing is insisted on: a full disk is no reason not to end.
    this.#closed.abort();
    const abandoned = Promise.allSettled(abandoning);
    await Promise.race([abandoned, delay(ABANDON_MS_MAX, undefined, { ref: false })]);
    await this.#subscription?.[Symbol.asyncDispose]();
  }
}

/** A part that did not start before a crash: what it is of is abandoned by now, or begins anew. */
function isOrphan({ delivery, message }: Work): boolean {
  const { continues, startedBefore } = delivery;
  return message.cause !== undefined && continues === undefined && !startedBefore;
}

/** Whoever waits for the end needs no disk's promise that it is recorded. */
function toKeep({ blocking }: ActivationMessage): "written" | "durable" {
  return blocking ? "written" : "durable";
}

const NOTHING = "{}" as NonNullable<ActivationRecord["response"]["result"]>;

export function toFields({
  activationId,
  transaction,
}: Pick<ActivationMessage, "activationId" | "transaction">): object {
  return { activationId, transactionId: transaction[0] };
}
