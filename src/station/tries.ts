// Activations that failed: their next tries put on the bus, each taken once, and the last word on those
// that have failed for the last time.

import type { Bus } from "../bus/port.ts";
import { type ActivationDocument, toBlockingAnswer } from "../entities/activation.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ActivationId } from "../kernel/ids.ts";
import { type ActivationMessage, encodeActivation } from "../messages/activation-message.ts";
import { encodeDeadLetter } from "../messages/dead-letter.ts";
import { decideFollowUp } from "./follow-up.ts";

export interface TriesOptions {
  /** Where a next try comes back to. */
  readonly topic: string;
  /** Topic for those that have failed for the last time. */
  readonly deadLetters: string;
  readonly bus: Bus;
  readonly clock: Clock;
}

export class Tries {
  readonly #options: TriesOptions;
  /** At work, or on their way to it. */
  readonly #current = new Set<ActivationId>();

  constructor(options: TriesOptions) {
    this.#options = options;
  }

  isFurther({ trying }: ActivationMessage): boolean {
    return trying !== undefined && trying.attempt > 1;
  }

  /** False where the same try is at work: around a crash it may have been published twice. `end` ends it. */
  begin({ activationId }: ActivationMessage): boolean {
    if (this.#current.has(activationId)) return false;
    this.#current.add(activationId);
    return true;
  }

  end({ activationId }: Pick<ActivationMessage, "activationId">): void {
    this.#current.delete(activationId);
  }

  /** To be kept before the message is done, so that a crash loses neither a further try nor a last word. */
  async keepFollowUp(
    message: ActivationMessage,
    document: ActivationDocument,
    isExpired: boolean,
  ): Promise<void> {
    const { bus, topic, deadLetters, clock } = this.#options;
    const { statusCode } = document;
    const next = decideFollowUp(message, { statusCode, isExpired, now: clock() });
    if (next === undefined) return;
    if (next.type === "try-again") {
      await bus.publishLater(topic, encodeActivation(next.message), next.dueAt);
      return;
    }
    const bytes = encodeDeadLetter({
      trigger: next.trigger,
      attempts: next.attempts,
      user: message.user,
      transactionId: message.transaction[0],
      record: toBlockingAnswer(document),
      arguments: message.content,
    });
    await bus.publishLater(deadLetters, bytes, clock());
  }
}
