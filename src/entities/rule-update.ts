// What a PUT makes of a rule: the new document from what was asked and what was there. Pure; whether
// trigger and action are there is the registry's matter. Source: rest-api specification, 3.0, 3.4, 7.3.

import { failure } from "../kernel/errors.ts";
import type { KeyValue } from "./action.ts";
import { dropDuplicates } from "./key-values.ts";
import { type QualifiedName, toPath } from "./names.ts";
import { type Rule, toReference } from "./rule.ts";
import { toUpdatedVersion } from "./version.ts";

/** The body of a PUT, its types checked; whatever is absent keeps its value or gets the standard. */
export interface RuleRequest {
  readonly trigger?: QualifiedName | undefined;
  readonly action?: QualifiedName | undefined;
  readonly annotations?: readonly KeyValue[];
  readonly version?: string;
  readonly publish?: boolean;
}

export interface RuleUpdate {
  readonly name: QualifiedName;
  readonly request: RuleRequest;
  /** Absent where the rule is new. */
  readonly before?: Rule | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Throws `invalid` for a new rule without trigger or action, `body-malformed`. */
export function updateRule({ name, request, before, now }: RuleUpdate): Rule {
  const trigger = request.trigger ? toReference(request.trigger) : before?.trigger;
  const action = request.action ? toReference(request.action) : before?.action;
  if (trigger === undefined || action === undefined) {
    throw failure("invalid", { detail: "rule requires a valid trigger and a valid action" });
  }
  return {
    namespace: toPath(name),
    name: name.name,
    trigger,
    action,
    version: toUpdatedVersion(request.version, before?.version),
    publish: request.publish ?? before?.publish ?? false,
    annotations: dropDuplicates(request.annotations ?? before?.annotations ?? []),
    updated: now,
  };
}
