// The shapes of a rule's PUT and of the POST that sets its status (rest-api specification, 2 and 3.4).

import * as v from "valibot";
import { NAMESPACE_MISSING, parseEntityName, type QualifiedName } from "../entities/names.ts";
import type { RuleRequest } from "../entities/rule-update.ts";
import type { RuleStatus } from "../entities/trigger.ts";
import { failure } from "../kernel/errors.ts";
import { keyValue, object, optional, parseBody, toKeyValue, withoutAbsent } from "./schemas.ts";

const reference = v.union([v.string(), object({ path: v.string(), name: v.string() })]);

export const ruleBody = object({
  trigger: optional(reference),
  action: optional(reference),
  annotations: optional(v.array(keyValue)),
  version: optional(v.string()),
  publish: optional(v.boolean()),
});

/** Clients send `trigger` and `action` too, as `null`. */
export const statusBody = object({ status: v.picklist(["active", "inactive"]) });

/** References name their namespace as they were written, which may be `_`. */
export function parseRuleBody(text: string): RuleRequest {
  const { trigger, action, annotations, version, publish } = parseBody(ruleBody, text);
  return withoutAbsent({
    trigger: isAbsent(trigger) ? undefined : parseReference(trigger, "trigger"),
    action: isAbsent(action) ? undefined : parseReference(action, "action"),
    annotations: annotations?.map(toKeyValue),
    version,
    publish,
  }) as RuleRequest;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** `/ns[/package]/name`, where the first slash may be left out. */
function parseReference(
  given: v.InferOutput<typeof reference>,
  field: "trigger" | "action",
): QualifiedName {
  const text = typeof given === "string" ? given : `${given.path}/${given.name}`;
  const [namespace = "", ...rest] = text.split("/").filter((segment) => segment !== "");
  const [first, second, ...more] = rest.map(parseEntityName);
  if (first === undefined) throw failure("body-malformed", { detail: NAMESPACE_MISSING });
  if (more.length > 0) {
    const detail = `'${field}' is "${text}", must be no more than a namespace, a package and a name, such as /_/hello or /_/package/hello`;
    throw failure("body-malformed", { detail });
  }
  const path = { namespace: parseEntityName(namespace) };
  return second === undefined
    ? { ...path, name: first }
    : { ...path, package: first, name: second };
}

export function parseStatusBody(text: string): RuleStatus {
  return parseBody(statusBody, text).status;
}
