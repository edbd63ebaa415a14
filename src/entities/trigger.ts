// Triggers: the stored document, and the links to their rules that it holds. A rule's status stands in
// its trigger's link and nowhere else. Source: rest-api 3.3 and 7.3, data-model 2.4.

import type { KeyValue } from "./action.ts";
import type { DocumentId, EntityName, EntityPath } from "./names.ts";
import type { EntityReference } from "./rule.ts";

export type RuleStatus = "active" | "inactive";

export interface RuleLink {
  /** As the rule says it: a binding's path is kept. */
  readonly action: EntityReference;
  readonly status: RuleStatus;
}

/** By the rule's id, which has a slash in it: so keys keep the order in which they were attached. */
export type RuleLinks = Readonly<Record<string, RuleLink>>;

export interface Trigger {
  readonly namespace: EntityPath;
  readonly name: EntityName;
  readonly parameters: readonly KeyValue[];
  /** Triggers have none; clients expect the field. */
  readonly limits: Readonly<Record<string, never>>;
  /** `major.minor.patch`, from 0.0.1. */
  readonly version: string;
  readonly publish: boolean;
  readonly annotations: readonly KeyValue[];
  /** Absent until a rule was attached for the first time. */
  readonly rules?: RuleLinks;
  /** Milliseconds since the epoch, set by the server at PUT; links do not touch it, nor the version. */
  readonly updated: number;
}

/** `inactive` where the trigger or the link is gone. */
export function findStatus(trigger: Trigger | undefined, rule: DocumentId): RuleStatus {
  return trigger?.rules?.[rule]?.status ?? "inactive";
}

/** The link in the place of the rule's one before, or at the end. */
export function attachRule(trigger: Trigger, rule: DocumentId, link: RuleLink): Trigger {
  return { ...trigger, rules: { ...trigger.rules, [rule]: link } };
}

/** The trigger itself where it has no such link. */
export function detachRule(trigger: Trigger, rule: DocumentId): Trigger {
  if (trigger.rules?.[rule] === undefined) return trigger;
  const { [rule]: _, ...rules } = trigger.rules;
  return { ...trigger, rules };
}
