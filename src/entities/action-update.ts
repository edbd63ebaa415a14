// What a PUT makes of an action: the new document from what was asked and what was there. Pure.
// Source: rest-api specification, 3.0, 3.1, 4.1, 4.2.

import { isBase64 } from "../kernel/base64.ts";
import { failure } from "../kernel/errors.ts";
import { LARGE_TEXT_LENGTH, LargeText } from "../kernel/large-text.ts";
import {
  type Action,
  type CodeExec,
  type Exec,
  isSequence,
  isSequenceExec,
  type KeyValue,
  SEQUENCE,
  type SequenceExec,
} from "./action.ts";
import { ALIASES, listAliased, readAliases } from "./aliases.ts";
import { checkSize, dropDuplicates, mergeKeyValues } from "./key-values.ts";
import { type EffectiveLimits, mergeLimits } from "./limit-rules.ts";
import type { ActionLimits } from "./limits.ts";
import { type QualifiedName, toPath } from "./names.ts";
import { readRetryPolicy } from "./retry-policy.ts";
import {
  parseKind,
  type RuntimeKind,
  type RuntimeManifest,
  resolveKind,
} from "./runtime-manifest.ts";
import { toNextVersion, toUpdatedVersion } from "./version.ts";

/** `exec` as a client writes it. */
export interface ExecRequest {
  readonly kind: string;
  readonly code?: string | LargeText;
  /** Whether a large code looks like Base64: it is not looked at again. */
  readonly binary?: boolean;
  readonly main?: string;
  /** Of a sequence, absolute: `/ns[/package]/name`. */
  readonly components?: readonly string[];
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
  const is = toCodeBytes(exec?.code) + Buffer.byteLength(exec?.main ?? "");
  if (is > allowed.codeBytesMax) {
    throw failure("too-large", { field: "exec", is, allowed: allowed.codeBytesMax });
  }
  checkSize("parameters", parameters ?? [], allowed.parameterBytesMax);
  checkSize("annotations", annotations ?? [], allowed.parameterBytesMax);
}

/** A large one has been measured before it became one. */
function toCodeBytes(code: string | LargeText = ""): number {
  return code instanceof LargeText ? 0 : Buffer.byteLength(code);
}

/** The request with a code that is large as its bytes. */
export function withLargeCode(request: ActionRequest): ActionRequest {
  const { exec } = request;
  if (typeof exec?.code !== "string" || exec.code.length < LARGE_TEXT_LENGTH) return request;
  const { code } = exec;
  return { ...request, exec: { ...exec, code: LargeText.of(code), binary: isBase64(code) } };
}

/** Throws `invalid`, `body-malformed`, `kind-not-allowed`, `too-large`. */
export function updateAction(update: ActionUpdate, rules: ActionRules): Action {
  const { name, request, before, now } = update;
  const exec = chooseExec(update, rules);
  const annotations = chooseAnnotations(update, exec);
  if (request.annotations !== undefined) {
    // Those that are kept beside the given ones add up. The platform's own are no part of the bound.
    const given = annotations.filter(({ key }) => key !== API_KEY && key !== EXEC);
    checkSize("annotations", given, rules.limits.parameterBytesMax);
  }
  readRetryPolicy(annotations);
  readAliases(annotations);
  return {
    namespace: toPath(name),
    name: name.name,
    version: decideVersion(update),
    exec,
    parameters: chooseParameters(update, exec),
    annotations,
    limits: mergeLimits({ given: request.limits ?? {}, before: before?.limits }, rules.limits),
    publish: request.publish ?? before?.publish ?? false,
    updated: now,
  };
}

/** Aliases say which version runs, and are no part of any: giving them makes no new one. */
function decideVersion({ request, before }: ActionUpdate): string {
  if (before !== undefined && isOfAliases(request)) return before.version;
  let version = toUpdatedVersion(request.version, before?.version);
  if (request.version !== undefined || before === undefined) return version;
  // After an earlier number was put again the next one may be kept, and an alias's: it goes on meaning that.
  const aliased = listAliased(readAliases(before.annotations));
  while (aliased.has(version)) version = toNextVersion(version);
  return version;
}

/** Whether nothing is given but aliases. */
export function isOfAliases({
  annotations = [],
  delAnnotations = [],
  ...others
}: ActionRequest): boolean {
  const keys = [...annotations.map(({ key }) => key), ...delAnnotations];
  const isOther = Object.keys(others).length > 0 || keys.length === 0;
  return !isOther && keys.every((key) => key === ALIASES);
}

function chooseExec({ request, before }: ActionUpdate, rules: ActionRules): Exec {
  if (request.exec !== undefined) {
    return isSequenceRequest(request.exec)
      ? toSequence(request.exec, rules)
      : toExec(request.exec, rules);
  }
  if (before === undefined) throw failure("invalid", { detail: "exec undefined" });
  if (isSequence(before)) return before.exec;
  const runtime = resolveKind(rules.manifest, before.exec.kind);
  if (runtime !== undefined) refuseDeprecated(runtime);
  return before.exec;
}

/** Kinds are written in any case. */
export function isSequenceRequest({ kind }: Pick<ExecRequest, "kind">): boolean {
  return kind.trim().toLowerCase() === SEQUENCE;
}

function toSequence({ components = [] }: ExecRequest, rules: ActionRules): SequenceExec {
  refuseKind(SEQUENCE, rules);
  return { kind: SEQUENCE, components };
}

function refuseKind(kind: string, { allowedKinds }: ActionRules): void {
  if (allowedKinds.length > 0 && !allowedKinds.includes(kind)) {
    throw failure("kind-not-allowed", { kind });
  }
}

function refuseDeprecated({ kind, deprecated }: RuntimeKind): void {
  if (!deprecated) return;
  const detail = `The '${kind}' runtime is no longer supported. You may read and delete but not update or invoke this action.`;
  throw failure("invalid", { detail });
}

function toExec({ kind, code, binary, main }: ExecRequest, rules: ActionRules): CodeExec {
  const { manifest } = rules;
  const runtime = parseKind(manifest, kind);
  if (code === undefined) {
    const detail = `'code' must be a string defined in 'exec' for '${runtime.kind}' actions`;
    throw failure("body-malformed", { detail });
  }
  if (runtime.requireMain && main === undefined) {
    const detail = `'main' must be a string defined in 'exec' for '${runtime.kind}' actions`;
    throw failure("body-malformed", { detail });
  }
  refuseKind(runtime.kind, rules);
  refuseDeprecated(runtime);
  const missing = manifest.missing(runtime.kind);
  if (missing !== undefined) throw failure("invalid", { detail: missing });
  // The field has no marker for an archive, so its shape decides. Half of a surrogate pair cannot be
  // written to a file: it is shown as what it becomes there.
  const exec =
    code instanceof LargeText
      ? { kind: runtime.kind, code, binary: binary === true }
      : { kind: runtime.kind, code: code.toWellFormed(), binary: isBase64(code) };
  return main === undefined ? exec : { ...exec, main };
}

/** A sequence has one, which is made here; what stood there as a sequence's is no action's. */
function chooseParameters({ request, before }: ActionUpdate, exec: Exec): readonly KeyValue[] {
  if (isSequenceExec(exec)) return [{ key: "_actions", value: exec.components }];
  if (request.parameters) return dropDuplicates(request.parameters);
  return before === undefined || isSequence(before) ? [] : before.parameters;
}

function chooseAnnotations({ request, before }: ActionUpdate, exec: Exec): readonly KeyValue[] {
  const isNewSequence = request.exec !== undefined && isSequenceRequest(request.exec);
  const dropped = new Set(isNewSequence ? [] : request.delAnnotations);
  const kept = (before?.annotations ?? []).filter(({ key }) => !dropped.has(key));
  const merged = mergeKeyValues(kept, request.annotations ?? []);
  const isSet = merged.some(({ key }) => key === API_KEY);
  const keyed =
    before === undefined && !isSet ? [...merged, { key: API_KEY, value: false }] : merged;
  return mergeKeyValues(keyed, [{ key: EXEC, value: exec.kind }]);
}

const API_KEY = "provide-api-key";
const EXEC = "exec";
