// Activations that failed: their next tries put on the bus, each taken once, and the last word on those
// that have failed for the last time.

import type { Bus } from "../bus/port.ts";
import { type ActivationDocument, toBlockingAnswer } from "../entities/activation.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ActivationId } from "../kernel/ids.ts";
import { type WaitingMax, WaitingShares } from "../kernel/shares.ts";
import { type ActivationMessage, encodeActivation } from "../messages/activation-message.ts";
import { encodeDeadLetter } from "../messages/dead-letter.ts";
import { decideFollowUp } from "./follow-up.ts";

export interface TriesOptions {
  /** Where a next try comes back to. */
  readonly topic: string;
  /** Topic for those that have failed for the last time. */
  readonly deadLetters: string;
  readonly bus: Bus;
  /** Of further tries that have not ended, of all namespaces together: one has half of it at most. */
  readonly triesMax: WaitingMax;
  readonly clock: Clock;
}

interface Share {
  /** Its namespace's uuid. */
  readonly owner: string;
  /** Of its arguments. */
  readonly length: number;
}

export class Tries {
  readonly #options: TriesOptions;
  /** At work, or on their way to it, each with its share until the next try has that. */
  readonly #current = new Map<ActivationId, Share | undefined>();
  /**
   * Tries wait for up to hours, and are no work in flight: without a bound of their own a tenant's would
   * fill the bus, and nobody's work would be accepted. Of those that were published by this process.
   */
  readonly #shares: WaitingShares;

  constructor(options: TriesOptions) {
    this.#options = options;
    this.#shares = new WaitingShares(options.triesMax);
  }

  isFurther({ trying }: ActivationMessage): boolean {
    return trying !== undefined && trying.attempt > 1;
  }

  /** False where the same try is at work: around a crash it may have been published twice. `end` ends it. */
  begin(message: ActivationMessage): boolean {
    const { activationId, user, content } = message;
    if (this.#current.has(activationId)) return false;
    this.#current.set(activationId, { owner: user.namespace.uuid, length: content.length });
    return true;
  }

  end({ activationId }: Pick<ActivationMessage, "activationId">): void {
    this.#leave(activationId);
    this.#current.delete(activationId);
  }

  #leave(activationId: ActivationId): void {
    const share = this.#current.get(activationId);
    if (share === undefined) return;
    this.#shares.giveBack(share.owner, share);
    this.#current.set(activationId, undefined);
  }

  /** To be kept before the message is done, so that a crash loses neither a further try nor a last word. */
  async keepFollowUp(
    message: ActivationMessage,
    document: ActivationDocument,
    isExpired: boolean,
  ): Promise<void> {
    const { bus, topic, deadLetters, clock } = this.#options;
    const { statusCode } = document;
    const owner = message.user.namespace.uuid;
    const hasRoom = () => {
      this.#leave(message.activationId);
      return this.#shares.take(owner, message.content);
    };
    const next = decideFollowUp(message, { statusCode, isExpired, hasRoom, now: clock() });
    if (next === undefined) return;
    if (next.type === "try-again") {
      try {
        await bus.publishLater(topic, encodeActivation(next.message), {
          dueAt: next.dueAt,
          owner,
        });
      } catch (cause) {
        // It is asked for again.
        this.#shares.giveBack(owner, message.content);
        throw cause;
      }
      return;
    }
    const bytes = encodeDeadLetter({
      trigger: next.trigger,
      attempts: next.attempts,
      firingId: next.firingId,
      user: message.user,
      transactionId: message.transaction[0],
      record: toBlockingAnswer(document),
      arguments: message.content,
    });
    await bus.publishLater(deadLetters, bytes, { dueAt: clock(), owner });
  }
}
