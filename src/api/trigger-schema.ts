// The shape of a trigger's PUT (rest-api specification, 3.3).

import * as v from "valibot";
import type { TriggerRequest } from "../entities/trigger-update.ts";
import { keyValue, optional, parseBody, toKeyValue, withoutAbsent } from "./schemas.ts";

export const triggerBody = v.object({
  parameters: optional(v.array(keyValue)),
  annotations: optional(v.array(keyValue)),
  /** Triggers have none; clients send an empty one. */
  limits: optional(v.looseObject({})),
  version: optional(v.string()),
  publish: optional(v.boolean()),
});

export function parseTriggerBody(text: string): TriggerRequest {
  const { parameters, annotations, version, publish } = parseBody(triggerBody, text);
  return withoutAbsent({
    parameters: parameters?.map(toKeyValue),
    annotations: annotations?.map(toKeyValue),
    version,
    publish,
  }) as TriggerRequest;
}
