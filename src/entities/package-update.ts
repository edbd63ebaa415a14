// What a PUT makes of a package or a binding: the new document from what was asked and what was there.
// Pure. Source: rest-api specification, 3.0, 3.2, 8.1.

import { failure } from "../kernel/errors.ts";
import type { KeyValue } from "./action.ts";
import { checkSize, dropDuplicates } from "./key-values.ts";
import { type QualifiedName, toPath } from "./names.ts";
import { type Binding, bindingOf, type NoBinding, type Package } from "./package.ts";
import { toUpdatedVersion } from "./version.ts";

/** The body of a PUT, its types checked; whatever is absent keeps its value or gets the standard. */
export interface PackageRequest {
  /** Its namespace is a name, no longer `_`. */
  readonly binding?: Binding | NoBinding;
  readonly parameters?: readonly KeyValue[];
  readonly annotations?: readonly KeyValue[];
  readonly version?: string;
  readonly publish?: boolean;
}

export interface PackageUpdate {
  readonly name: QualifiedName;
  readonly request: PackageRequest;
  /** Absent where the package is new. */
  readonly before?: Package;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const BINDING = "binding";
const RESERVED = "default";
const NO_BINDING: NoBinding = {};

/** Throws `invalid` for the name that stands for no package in web actions' paths. */
export function checkNotReserved({ name }: QualifiedName): void {
  if (name === RESERVED)
    throw failure("invalid", { detail: `Package name '${name}' is reserved.` });
}

/** Before anything is looked up: `too-large` for parameters, annotations, in this order. */
export function checkPackageSizes(
  { parameters, annotations }: PackageRequest,
  bytesMax: number,
): void {
  checkSize("parameters", parameters ?? [], bytesMax);
  checkSize("annotations", annotations ?? [], bytesMax);
}

/** Throws `body-malformed`, and `binding-from-package` where a plain package would become a binding. */
export function updatePackage({ name, request, before, now }: PackageUpdate): Package {
  const binding = chooseBinding(request, before);
  return {
    namespace: toPath(name),
    name: name.name,
    binding: binding ?? NO_BINDING,
    parameters: request.parameters
      ? dropDuplicates(request.parameters)
      : (before?.parameters ?? []),
    annotations: withBinding(request.annotations ?? before?.annotations ?? [], binding),
    version: toUpdatedVersion(request.version, before?.version),
    publish: request.publish ?? before?.publish ?? false,
    updated: now,
  };
}

/** Absent or empty keeps what is there: no binding becomes a plain package. */
function chooseBinding(request: PackageRequest, before?: Package): Binding | undefined {
  const given = request.binding && bindingOf({ binding: request.binding });
  if (before === undefined) return given;
  const kept = bindingOf(before);
  if (given !== undefined && kept === undefined) throw failure("binding-from-package");
  return given ?? kept;
}

/** The annotation is the server's, so that nobody's own under that key stays. */
function withBinding(given: readonly KeyValue[], binding?: Binding): readonly KeyValue[] {
  const own = dropDuplicates(given).filter(({ key }) => key !== BINDING);
  return binding === undefined ? own : [...own, { key: BINDING, value: binding }];
}
