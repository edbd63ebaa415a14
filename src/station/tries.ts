// Activations that failed: their next tries put on the bus, each taken once, and the last word on those
// that have failed for the last time.

import type { Bus } from "../bus/port.ts";
import { type ActivationDocument, toBlockingAnswer } from "../entities/activation.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ActivationId } from "../kernel/ids.ts";
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

  /**
   * Whether a further try is to be made now; `end` ends it. Around a crash it may have been published
   * twice, and before one its record may have been kept.
   */
  async begin({ activationId }: ActivationMessage): Promise<boolean> {
    if (this.#current.has(activationId)) return false;
    this.#current.add(activationId);
    if (!(await this.#options.activations.has(activationId))) return true;
    this.#current.delete(activationId);
    return false;
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
    const next = decideFollowUp(message, { statusCode, isExpired, now: clock() });
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
    const now = clock();
    return () => bus.publishLater(deadLetters, bytes, now);
  }
}
