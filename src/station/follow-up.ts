// What comes after an activation that failed and that nobody waited for: another try, or word to a
// trigger that there will be none. Pure. What asks for it travels in the message, so that it is what held
// when the activation was accepted.

import { createHash } from "node:crypto";
import type { StatusCode } from "../entities/activation.ts";
import type { EntityName } from "../entities/names.ts";
import { toBackoffMs } from "../entities/retry-policy.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { ActivationMessage, Trying } from "../messages/activation-message.ts";

export type FollowUp =
  | { readonly type: "try-again"; readonly message: ActivationMessage; readonly dueAt: number }
  | DeadLetter;

interface DeadLetter {
  readonly type: "dead-letter";
  readonly trigger: EntityName;
  readonly attempts: number;
  readonly firingId: ActivationId;
}

export interface Failed {
  /** Absent only where nothing ran that could have failed. */
  readonly statusCode: StatusCode | undefined;
  /** It was too old to be run, and so would be the next try. */
  readonly isExpired: boolean;
  /** Whether one more may wait to be tried. Asked only where one is to be, which it then is. */
  readonly hasRoom: () => boolean;
  readonly now: number;
}

export function decideFollowUp(
  message: ActivationMessage,
  { statusCode, isExpired, hasRoom, now }: Failed,
): FollowUp | undefined {
  const { trying } = message;
  if (trying === undefined || (statusCode ?? 0) === 0) return undefined;
  const { policy, attempt, first } = trying;
  if (attempt <= policy.times && !isExpired && hasRoom()) {
    const dueAt = now + toBackoffMs(policy, attempt);
    const next: Trying = { policy, first, attempt: attempt + 1 };
    const activationId = toTryId(next);
    const transaction = [message.transaction[0], dueAt] as const;
    const again = { ...message, activationId, transaction, trying: next };
    return { type: "try-again", message: again, dueAt };
  }
  const { deadLetter: trigger } = policy;
  if (trigger === undefined) return undefined;
  const firingId = toTryId({ first, attempt: attempt + 1 });
  return { type: "dead-letter", trigger, attempts: attempt, firingId };
}

/** The same whenever it is asked for: what is published twice, around a crash, a try or a dead letter, is one. */
function toTryId({ first, attempt }: Pick<Trying, "first" | "attempt">): ActivationId {
  const digest = createHash("sha256").update(`${first} ${attempt}`).digest("hex");
  return digest.slice(0, first.length) as ActivationId;
}
