// Fires triggers with activations that failed for the last time. At least once: what is fired when the
// platform is killed is fired again. Where the namespace has too much in flight for what it starts, a
// letter is put back on the bus.

import { setTimeout as delay } from "node:timers/promises";
import type { Bus, Delivery } from "../bus/port.ts";
import { toPayloadBytesMax } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { QualifiedName } from "../entities/names.ts";
import type { Trigger } from "../entities/trigger.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, type ErrorCode } from "../kernel/errors.ts";
import type { ActivationId } from "../kernel/ids.ts";
import { isJsonObject, type RawJson, toRawJson } from "../kernel/json.ts";
import { type WaitingMax, WaitingShares } from "../kernel/shares.ts";
import { MINUTE_MS, SECOND_MS } from "../kernel/units.ts";
import { type DeadLetter, decodeDeadLetter, encodeDeadLetter } from "../messages/dead-letter.ts";
import type { ActivationStore } from "../stores/port.ts";
import type { Log } from "../telemetry/log.ts";
import type { Firings } from "./firings.ts";

export interface DeadLettersOptions {
  readonly topic: string;
  readonly bus: Bus;
  readonly firings: Pick<Firings, "fire">;
  readonly triggers: { findToFire(name: QualifiedName): Trigger | Promise<Trigger> };
  readonly activations: Pick<ActivationStore, "has">;
  readonly limits: SystemLimits;
  /** Of letters that were put back, of all namespaces together: one has half of it at most. */
  readonly postponedMax: WaitingMax;
  readonly clock: Clock;
  readonly log: Log;
}

/** The namespace has too much under way, which passes. */
const BUSY: ReadonlySet<ErrorCode> = new Set(["too-many-concurrent", "too-many-waiting"]);
const AT_ONCE = 16;
const RETRY_MS = SECOND_MS;
/** Each time a letter is written anew, and there may be many: they wait twice as long each time. */
const POSTPONED_MS_MAX = MINUTE_MS;

export class DeadLetters implements AsyncDisposable {
  readonly #options: DeadLettersOptions;
  readonly #closed = new AbortController();
  readonly #working = new Set<Promise<void>>();
  readonly #firing = new Set<ActivationId>();
  readonly #postponed: WaitingShares;
  #subscription: AsyncDisposable | undefined;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#postponed = new WaitingShares(options.postponedMax);
  }

  start(): void {
    const { bus, topic } = this.#options;
    const deliver = (delivery: Delivery) => {
      const work = this.#take(delivery).finally(() => this.#working.delete(work));
      this.#working.add(work);
    };
    this.#subscription = bus.subscribe({ topic, inFlightMax: AT_ONCE, deliver });
  }

  async #take(delivery: Delivery): Promise<void> {
    const letter = this.#read(delivery);
    if (letter === undefined) return;
    if (letter.postponed !== undefined)
      this.#postponed.giveBack(letter.user.namespace.uuid, toSize(letter));
    const { firingId } = letter;
    // Around a crash it may have been published twice.
    if (!this.#firing.has(firingId)) {
      this.#firing.add(firingId);
      await this.#deliver(letter).finally(() => this.#firing.delete(firingId));
    }
    // Where the platform stops it stays on the bus.
    if (!this.#closed.signal.aborted) delivery.done();
  }

  /** Resolves when nothing more is to be done, or the platform stops. */
  async #deliver(letter: DeadLetter): Promise<void> {
    const { transactionId, trigger } = letter;
    const { activations, log } = this.#options;
    while (!this.#closed.signal.aborted) {
      try {
        if (!(await activations.has(letter.firingId))) await this.#fireOrPostpone(letter);
        return;
      } catch (cause) {
        const fields = { err: cause, transactionId, trigger };
        if (cause instanceof BriskError && cause.status < 500) {
          log.warn(fields, "dead letter cannot be delivered and is dropped");
          return;
        }
        log.error(fields, "dead letter cannot be delivered yet");
        await delay(RETRY_MS, undefined, { signal: this.#closed.signal }).catch(() => {});
      }
    }
  }

  #read(delivery: Delivery): DeadLetter | undefined {
    try {
      return decodeDeadLetter(delivery.message);
    } catch (cause) {
      this.#options.log.error({ err: cause }, "dead letter cannot be read and is dropped");
      delivery.done();
      return undefined;
    }
  }

  async #fireOrPostpone(letter: DeadLetter): Promise<void> {
    try {
      await this.#fire(letter);
    } catch (cause) {
      const isBusy = cause instanceof BriskError && BUSY.has(cause.code);
      const owner = letter.user.namespace.uuid;
      if (!isBusy || !this.#postponed.take(owner, toSize(letter))) throw cause;
      const { bus, topic, clock } = this.#options;
      const postponed = (letter.postponed ?? 0) + 1;
      const bytes = encodeDeadLetter({ ...letter, postponed });
      const dueAt = clock() + Math.min(RETRY_MS * 2 ** (postponed - 1), POSTPONED_MS_MAX);
      await bus.publishLater(topic, bytes, { dueAt, owner }).catch((failed: unknown) => {
        this.#postponed.giveBack(owner, toSize(letter));
        throw failed;
      });
    }
  }

  async #fire(letter: DeadLetter): Promise<void> {
    const { firings, triggers, limits } = this.#options;
    const { user, trigger, transactionId } = letter;
    const found = await triggers.findToFire({ namespace: user.namespace.name, name: trigger });
    await firings.fire({
      identity: user,
      trigger: found,
      payload: toPayload(letter, toPayloadBytesMax(limits, user.limits)),
      headers: {},
      transactionId,
      letterId: letter.firingId,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#subscription?.[Symbol.asyncDispose]();
    await Promise.all(this.#working);
  }
}

/** What takes most of its room on the bus. */
function toSize({ record, arguments: content }: DeadLetter): Pick<string, "length"> {
  return { length: record.length + content.length };
}

/** What an event may have beside it: the trigger's parameters come on top. */
const ROOM_BYTES = 1024;

/** The record, and the arguments where there is room for them; else the record without its result. */
function toPayload(
  { record, arguments: content, attempts }: DeadLetter,
  bytesMax: number,
): RawJson {
  const whole = `{"activation":${record},"arguments":${content},"attempts":${attempts}}`;
  const isSmall = (text: string) => Buffer.byteLength(text) + ROOM_BYTES <= bytesMax;
  if (isSmall(whole)) return whole as RawJson;
  const shorter = `{"activation":${record},"attempts":${attempts},"truncated":true}`;
  if (isSmall(shorter)) return shorter as RawJson;
  const { response, ...head } = JSON.parse(record) as Record<string, unknown>;
  const { result: _, ...rest } = isJsonObject(response) ? response : {};
  return toRawJson({ activation: { ...head, response: rest }, attempts, truncated: true });
}
