// What a PUT makes of a trigger: the new document from what was asked and what was there. Pure.
// Source: rest-api specification, 3.0 and 3.3.

import { failure } from "../kernel/errors.ts";
import type { KeyValue } from "./action.ts";
import { checkSize, dropDuplicates } from "./key-values.ts";
import { isEntityName, type QualifiedName, toPath } from "./names.ts";
import type { Trigger } from "./trigger.ts";
import { toUpdatedVersion } from "./version.ts";

/** The body of a PUT, its types checked; whatever is absent keeps its value or gets the standard. */
export interface TriggerRequest {
  readonly parameters?: readonly KeyValue[];
  readonly annotations?: readonly KeyValue[];
  readonly version?: string;
  readonly publish?: boolean;
}

export interface TriggerUpdate {
  readonly name: QualifiedName;
  readonly request: TriggerRequest;
  /** Absent where the trigger is new. */
  readonly before?: Trigger | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Before anything is looked up: `too-large` for parameters, annotations, in this order. */
export function checkTriggerSizes(
  { parameters = [], annotations = [] }: Pick<TriggerRequest, "parameters" | "annotations">,
  bytesMax: number,
): void {
  checkSize("parameters", parameters, bytesMax);
  checkSize("annotations", annotations, bytesMax);
}

/** Parameters and annotations are replaced as a whole; links to rules stay. Throws `body-malformed`, `invalid`. */
export function updateTrigger({ name, request, before, now }: TriggerUpdate): Trigger {
  if (before === undefined) checkFeed(request.annotations ?? []);
  return {
    namespace: toPath(name),
    name: name.name,
    parameters: dropDuplicates(request.parameters ?? before?.parameters ?? []),
    limits: {},
    version: toUpdatedVersion(request.version, before?.version),
    publish: request.publish ?? before?.publish ?? false,
    annotations: dropDuplicates(request.annotations ?? before?.annotations ?? []),
    ...(before?.rules === undefined ? {} : { rules: before.rules }),
    updated: now,
  };
}

/** Clients look for the feed's action by it. As in OpenWhisk it is checked at creation alone. */
function checkFeed(annotations: readonly KeyValue[]): void {
  const feed = annotations.find(({ key }) => key === "feed");
  if (feed === undefined) return;
  const text = typeof feed.value === "string" ? feed.value : "";
  const parts = text.split("/").filter((part) => part !== "");
  if (parts.length > 0 && parts.every(isEntityName)) return;
  const detail = "The annotation 'feed' must be the path of an action";
  throw failure("invalid", { detail });
}
