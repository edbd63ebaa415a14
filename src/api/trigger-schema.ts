// The shape of a trigger's PUT (rest-api specification, 3.3).

import * as v from "valibot";
import { parseKind, type RuntimeManifest } from "../entities/runtime-manifest.ts";
import type { TriggerRequest } from "../entities/trigger-update.ts";
import { keyValue, object, optional, parseBody, toKeyValue, withoutAbsent } from "./schemas.ts";

export const triggerBody = object({
  /** No trigger has one, but a wrong one is refused: every body is read as a whole first. */
  exec: optional(object({ kind: v.string() })),
  parameters: optional(v.array(keyValue)),
  annotations: optional(v.array(keyValue)),
  /** Triggers have none; clients send an empty one. */
  limits: optional(object({})),
  version: optional(v.string()),
  publish: optional(v.boolean()),
});

/** Throws `body-malformed`. */
export function parseTriggerBody(
  text: string,
  manifest: Pick<RuntimeManifest, "kinds">,
): TriggerRequest {
  const { exec, parameters, annotations, version, publish } = parseBody(triggerBody, text);
  if (exec && !KINDS_WITHOUT_RUNTIME.includes(exec.kind)) parseKind(manifest, exec.kind);
  return withoutAbsent({
    parameters: parameters?.map(toKeyValue),
    annotations: annotations?.map(toKeyValue),
    version,
    publish,
  }) as TriggerRequest;
}

const KINDS_WITHOUT_RUNTIME: readonly string[] = ["sequence", "blackbox"];
