// What a PUT makes of an action: the new document from what was asked and what was there. Pure.
// Source: rest-api specification, 3.0, 3.1, 4.1, 4.2.

import { failure } from "../kernel/errors.ts";
import type { Action, CodeExec, KeyValue } from "./action.ts";
import { checkSize, dropDuplicates, mergeKeyValues } from "./key-values.ts";
import { type EffectiveLimits, mergeLimits } from "./limit-rules.ts";
import type { ActionLimits } from "./limits.ts";
import { type QualifiedName, toPath } from "./names.ts";
import { type RuntimeKind, type RuntimeManifest, resolveKind } from "./runtime-manifest.ts";
import { FIRST_VERSION, parseVersion, toNextVersion } from "./version.ts";

/** `exec` as a client writes it. */
export interface ExecRequest {
  readonly kind: string;
  readonly code?: string;
  readonly main?: string;
}

/** The body of a PUT, its types checked; whatever is absent keeps its value or gets the standard. */
export interface ActionRequest {
  readonly exec?: ExecRequest;
  readonly parameters?: readonly KeyValue[];
  readonly annotations?: readonly KeyValue[];
  readonly delAnnotations?: readonly string[];
  readonly limits?: Partial<ActionLimits>;
  readonly version?: string;
  readonly publish?: boolean;
}

export interface ActionUpdate {
  readonly name: QualifiedName;
  readonly request: ActionRequest;
  /** With code; absent where the action is new. */
  readonly before?: Action;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface ActionRules {
  readonly manifest: RuntimeManifest;
  readonly limits: EffectiveLimits;
  /** Kinds that the namespace may use; empty allows all. */
  readonly allowedKinds: readonly string[];
}

/** Before anything is looked up: `too-large` for code, parameters, annotations, in this order. */
export function checkActionSizes(
  { exec, parameters, annotations }: ActionRequest,
  allowed: { readonly codeBytesMax: number; readonly parameterBytesMax: number },
): void {
  const is = Buffer.byteLength(exec?.code ?? "") + Buffer.byteLength(exec?.main ?? "");
  if (is > allowed.codeBytesMax) {
    throw failure("too-large", { field: "exec", is, allowed: allowed.codeBytesMax });
  }
  checkSize("parameters", parameters ?? [], allowed.parameterBytesMax);
  checkSize("annotations", annotations ?? [], allowed.parameterBytesMax);
}

/** Throws `invalid`, `body-malformed`, `kind-not-allowed`. */
export function updateAction(update: ActionUpdate, rules: ActionRules): Action {
  const { name, request, before, now } = update;
  const exec = chooseExec(update, rules);
  return {
    namespace: toPath(name),
    name: name.name,
    version: chooseVersion(request.version, before),
    exec,
    parameters: request.parameters
      ? dropDuplicates(request.parameters)
      : (before?.parameters ?? []),
    annotations: chooseAnnotations(update, exec),
    limits: mergeLimits({ given: request.limits ?? {}, before: before?.limits }, rules.limits),
    publish: request.publish ?? before?.publish ?? false,
    updated: now,
  };
}

function chooseVersion(given: string | undefined, before: Action | undefined): string {
  if (given !== undefined) return parseVersion(given);
  return before === undefined ? FIRST_VERSION : toNextVersion(before.version);
}

function chooseExec({ request, before }: ActionUpdate, rules: ActionRules): CodeExec {
  if (request.exec !== undefined) return toExec(request.exec, rules);
  if (before === undefined) throw failure("invalid", { detail: "exec undefined" });
  const runtime = resolveKind(rules.manifest, before.exec.kind);
  if (runtime !== undefined) refuseDeprecated(runtime);
  return before.exec;
}

function refuseDeprecated({ kind, deprecated }: RuntimeKind): void {
  if (!deprecated) return;
  const detail = `The '${kind}' runtime is no longer supported. You may read and delete but not update or invoke this action.`;
  throw failure("invalid", { detail });
}

function toExec({ kind, code, main }: ExecRequest, rules: ActionRules): CodeExec {
  const { manifest, allowedKinds } = rules;
  const runtime = resolveKind(manifest, kind);
  if (runtime === undefined) {
    const kinds = manifest.kinds.map((known) => known.kind).join(", ");
    const detail = `The specified runtime '${kind}' is not supported by this platform. Valid values are: ${kinds}`;
    throw failure("body-malformed", { detail });
  }
  if (code === undefined) {
    const detail = `'code' must be a string defined in 'exec' for '${runtime.kind}' actions`;
    throw failure("body-malformed", { detail });
  }
  if (runtime.requireMain && main === undefined) {
    const detail = `'main' must be a string defined in 'exec' for '${runtime.kind}' actions`;
    throw failure("body-malformed", { detail });
  }
  if (allowedKinds.length > 0 && !allowedKinds.includes(runtime.kind)) {
    throw failure("kind-not-allowed", { kind: runtime.kind });
  }
  refuseDeprecated(runtime);
  const missing = manifest.missing(runtime.kind);
  if (missing !== undefined) throw failure("invalid", { detail: missing });
  // Half of a surrogate pair cannot be written to a file: it is shown as what it becomes there.
  const exec = { kind: runtime.kind, code: code.toWellFormed(), binary: isBase64(code) };
  return main === undefined ? exec : { ...exec, main };
}

/** Whether the code is an archive in Base64: the field has no marker for it, so its shape decides. */
function isBase64(code: string): boolean {
  const text = code.trim();
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function chooseAnnotations({ request, before }: ActionUpdate, exec: CodeExec): readonly KeyValue[] {
  const dropped = new Set(request.delAnnotations);
  const kept = (before?.annotations ?? []).filter(({ key }) => !dropped.has(key));
  const merged = mergeKeyValues(kept, request.annotations ?? []);
  const isSet = merged.some(({ key }) => key === API_KEY);
  const keyed =
    before === undefined && !isSet ? [...merged, { key: API_KEY, value: false }] : merged;
  return mergeKeyValues(keyed, [{ key: "exec", value: exec.kind }]);
}

const API_KEY = "provide-api-key";
