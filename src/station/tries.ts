// Activations that failed: their next tries put on the bus, each taken once, and the last word on those
// that have failed for the last time.

import type { Bus } from "../bus/port.ts";
import { type ActivationDocument, toBlockingAnswer } from "../entities/activation.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ActivationId } from "../kernel/ids.ts";
import { Shares } from "../kernel/shares.ts";
import { type ActivationMessage, encodeActivation } from "../messages/activation-message.ts";
import { encodeDeadLetter } from "../messages/dead-letter.ts";
import type { ActivationStore } from "../stores/port.ts";
import { decideFollowUp } from "./follow-up.ts";

export interface TriesOptions {
  /** Where a next try comes back to. */
  readonly topic: string;
  /** Topic for those that have failed for the last time. */
  readonly deadLetters: string;
  readonly bus: Bus;
  readonly activations: Pick<ActivationStore, "has">;
  readonly triesMax: TriesMax;
  readonly clock: Clock;
}

/** Of further tries that wait on the bus, of all namespaces together: one has half of it at most. */
export interface TriesMax {
  readonly count: number;
  /** Characters of their arguments. */
  readonly length: number;
}

export class Tries {
  readonly #options: TriesOptions;
  /** At work, or on their way to it. */
  readonly #current = new Set<ActivationId>();
  /** Waiting ones that were published by this process, by their namespaces' uuids. */
  readonly #counts: Shares;
  readonly #lengths: Shares;

  constructor(options: TriesOptions) {
    this.#options = options;
    this.#counts = new Shares(options.triesMax.count);
    this.#lengths = new Shares(options.triesMax.length);
  }

  isFurther({ trying }: ActivationMessage): boolean {
    return trying !== undefined && trying.attempt > 1;
  }

  /**
   * Whether a further try is to be made now; `end` ends it. Around a crash it may have been published
   * twice, and before one its record may have been kept.
   */
  async begin(message: ActivationMessage): Promise<boolean> {
    const { activationId } = message;
    this.#leave(message);
    if (this.#current.has(activationId)) return false;
    this.#current.add(activationId);
    if (!(await this.#options.activations.has(activationId))) return true;
    this.#current.delete(activationId);
    return false;
  }

  /**
   * Tries wait for up to hours, and are no work in flight: without a bound of their own a tenant's would
   * fill the bus, and nobody's work would be accepted. Where there is room, it is taken.
   */
  #hasRoom({ user, content }: ActivationMessage): boolean {
    const { uuid } = user.namespace;
    if (!this.#counts.take(uuid, 1)) return false;
    if (this.#lengths.take(uuid, content.length)) return true;
    this.#counts.giveBack(uuid, 1);
    return false;
  }

  #leave({ user, content }: ActivationMessage): void {
    const { uuid } = user.namespace;
    this.#counts.giveBack(uuid, 1);
    this.#lengths.giveBack(uuid, content.length);
  }

  end({ activationId }: Pick<ActivationMessage, "activationId">): void {
    this.#current.delete(activationId);
  }

  /**
   * What is to be kept before the message is done, so that a crash loses neither a further try nor a last
   * word; `undefined` where nothing follows.
   */
  toFollowUp(
    message: ActivationMessage,
    document: ActivationDocument,
    isExpired: boolean,
  ): (() => Promise<void>) | undefined {
    const { bus, topic, deadLetters, clock } = this.#options;
    const { statusCode } = document;
    const hasRoom = () => this.#hasRoom(message);
    const next = decideFollowUp(message, { statusCode, isExpired, hasRoom, now: clock() });
    if (next === undefined) return undefined;
    if (next.type === "try-again") {
      const bytes = encodeActivation(next.message);
      return () => bus.publishLater(topic, bytes, next.dueAt);
    }
    const bytes = encodeDeadLetter({
      trigger: next.trigger,
      attempts: next.attempts,
      user: message.user,
      transactionId: message.transaction[0],
      record: toBlockingAnswer(document),
      arguments: message.content,
    });
    return () => bus.publish(deadLetters, bytes, "durable");
  }
}
