// The record of a firing: what came of each rule is a line of its log. And the one that is made after a
// crash, of what had been published by then.

import { type ActivationDocument, toDocument } from "../entities/activation.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";

/** What came of one rule: a line of the trigger's log, its fields in this order. */
export interface RuleOutcome {
  readonly rule: string;
  readonly action: string;
  readonly statusCode: 0 | 1 | 3;
  readonly success: boolean;
  readonly activationId?: ActivationId;
  readonly error?: string;
}

export interface Fired {
  readonly activationId: ActivationId;
  readonly identity: Identity;
  readonly trigger: EntityName;
  readonly version: string;
  readonly start: number;
  readonly result: RawJson;
}

export function toFiringDocument(
  { activationId, identity, trigger, version, start, result }: Fired,
  outcomes: readonly RuleOutcome[],
): ActivationDocument {
  return toDocument({
    activationId,
    namespace: identity.namespace.name,
    subject: identity.subject,
    name: trigger,
    filterName: trigger,
    version,
    start,
    annotations: [],
    response: { statusCode: 0, result },
    logs: outcomes.map((outcome) => JSON.stringify(outcome)),
  });
}

/**
 * Of what a firing had published before its record was kept: the rules behind that did not come to it, and
 * the event is as the actions get it. `undefined` where that is no firing, or its records are not kept.
 */
export function toRecoveredFiring(
  activationId: ActivationId,
  parts: readonly ActivationMessage[],
): ActivationDocument | undefined {
  const [first] = parts;
  if (first?.fired === undefined || first.user.limits.storeActivations === false) return undefined;
  const { user, transaction, content, fired } = first;
  const [, start] = transaction;
  // Of an action that failed already its next try may be there, too.
  const invoked = parts.filter(({ trying }) => trying === undefined || trying.attempt === 1);
  const outcomes = invoked.map((part): RuleOutcome => {
    const rule = part.fired?.rule ?? fired.rule;
    const { activationId: own, action } = part;
    return { rule, action: action.id, statusCode: 0, success: true, activationId: own };
  });
  const { trigger, version } = fired;
  return toFiringDocument(
    { activationId, identity: user, trigger, version, start, result: content },
    outcomes,
  );
}
