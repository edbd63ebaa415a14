// The shape of a package's PUT body: what is checked here is what the OpenAPI document says.

import * as v from "valibot";
import { type EntityName, parseEntityName } from "../entities/names.ts";
import type { PackageRequest } from "../entities/package-update.ts";
import { failure } from "../kernel/errors.ts";
import { keyValue, object, optional, parseBody, toKeyValue, withoutAbsent } from "./schemas.ts";

/** Stands for the namespace in the request's path. */
const SAME = "_";

const binding = v.pipe(
  v.unknown(),
  // The schema's object would also take an array.
  v.transform(refuseArray),
  v.looseObject({ namespace: v.optional(v.string()), name: v.optional(v.string()) }),
);

export const packageBody = object({
  /** Both fields, or an empty object for none. Unlike other fields it must not be `null`. */
  binding: v.optional(binding),
  parameters: optional(v.array(keyValue)),
  annotations: optional(v.array(keyValue)),
  version: optional(v.string()),
  publish: optional(v.boolean()),
});

/** Throws `body-malformed`, and `invalid` for names that cannot be. */
export function parsePackageBody(text: string, namespace: EntityName): PackageRequest {
  const { binding: given, ...body } = parseBody(packageBody, text);
  return {
    ...withoutAbsent({
      ...body,
      parameters: body.parameters?.map(toKeyValue),
      annotations: body.annotations?.map(toKeyValue),
    }),
    ...(given === undefined ? {} : { binding: toBinding(given, namespace) }),
  } as PackageRequest;
}

function refuseArray(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  throw failure("body-malformed", { detail: "'binding' must be an object" });
}

function toBinding(
  given: v.InferOutput<typeof binding>,
  own: EntityName,
): NonNullable<PackageRequest["binding"]> {
  if (Object.keys(given).length === 0) return {};
  const { namespace, name } = given;
  if (namespace === undefined || name === undefined) {
    const missing = namespace === undefined ? "namespace" : "name";
    const detail = `'${missing}' must be a string defined in 'binding'`;
    throw failure("body-malformed", { detail });
  }
  return {
    namespace: namespace === SAME ? own : parseEntityName(namespace),
    name: parseEntityName(name),
  };
}
