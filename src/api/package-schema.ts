// The shape of a package's PUT body: what is checked here is what the OpenAPI document says.

import * as v from "valibot";
import { type EntityName, parseEntityName } from "../entities/names.ts";
import type { PackageRequest } from "../entities/package-update.ts";
import { failure } from "../kernel/errors.ts";
import { keyValue, optional, parseBody, toKeyValue, withoutAbsent } from "./schemas.ts";

/** Stands for the namespace in the request's path. */
const SAME = "_";

export const packageBody = v.object({
  /** Both fields, or an empty object for none. Unlike other fields it must not be `null`. */
  binding: v.optional(
    v.object({ namespace: v.optional(v.string()), name: v.optional(v.string()) }),
  ),
  parameters: optional(v.array(keyValue)),
  annotations: optional(v.array(keyValue)),
  version: optional(v.string()),
  publish: optional(v.boolean()),
});

/** Throws `body-malformed`, and `invalid` for names that cannot be. */
export function parsePackageBody(text: string, namespace: EntityName): PackageRequest {
  const { binding, ...body } = parseBody(packageBody, text);
  return {
    ...withoutAbsent({
      ...body,
      parameters: body.parameters?.map(toKeyValue),
      annotations: body.annotations?.map(toKeyValue),
    }),
    ...(binding === undefined ? {} : { binding: toBinding(binding, namespace) }),
  } as PackageRequest;
}

function toBinding(
  given: { readonly namespace?: string | undefined; readonly name?: string | undefined },
  namespace: EntityName,
): NonNullable<PackageRequest["binding"]> {
  if (given.namespace === undefined && given.name === undefined) return {};
  if (given.namespace === undefined || given.name === undefined) {
    const missing = given.name === undefined ? "name" : "namespace";
    throw failure("body-malformed", {
      detail: `'${missing}' must be a string defined in 'binding'`,
    });
  }
  return {
    namespace: given.namespace === SAME ? namespace : parseEntityName(given.namespace),
    name: parseEntityName(given.name),
  };
}
