// The shapes of request bodies, once: what is checked here is what the OpenAPI document says.

import * as v from "valibot";
import type { ActionRequest } from "../entities/action-update.ts";
import { failure } from "../kernel/errors.ts";
import {
  hasInfinity,
  isJsonObject,
  isTooDeep,
  isTooWide,
  type RawJson,
  toSingleLine,
  VALUES_MAX,
} from "../kernel/json.ts";
import {
  hasLongNumber,
  isRawNumber,
  parseKeepingDigits,
  toNumber,
} from "../kernel/lossless-json.ts";

/** `null` for an optional field is the same as leaving it out. */
export function optional<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.nullish(schema);
}

/** As `v.object`, which also takes an array, as good as an object without members, and a long number. */
export function object<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.ObjectSchema<Entries, undefined> {
  const schema = v.object(entries);
  const run: (typeof schema)["~run"] = (dataset, config) =>
    schema["~run"](isJsonObject(dataset.value) ? dataset : { value: "no object" }, config);
  return { ...schema, "~run": run };
}

export const keyValue = object({
  key: v.string(),
  value: v.unknown(),
  init: v.optional(v.boolean()),
});

/** As `v.number`, which would not take one whose digits were kept. */
function number(): v.NumberSchema<undefined> {
  const schema = v.number();
  const run: (typeof schema)["~run"] = (dataset, config) =>
    schema["~run"](
      isRawNumber(dataset.value) ? { value: toNumber(dataset.value) } : dataset,
      config,
    );
  return { ...schema, "~run": run };
}

const wholeNumber = v.pipe(number(), v.integer());

const exec = object({
  kind: v.string(),
  code: optional(v.string()),
  /** The old name of `code`. */
  jar: optional(v.string()),
  main: optional(v.string()),
  /** Of a sequence. */
  components: optional(
    v.array(v.union([v.string(), object({ path: v.string(), name: v.string() })])),
  ),
});

export const actionBody = object({
  exec: optional(exec),
  parameters: optional(v.array(keyValue)),
  annotations: optional(v.array(keyValue)),
  delAnnotations: optional(v.array(v.string())),
  limits: optional(
    object({
      timeout: optional(wholeNumber),
      memory: optional(wholeNumber),
      logs: optional(wholeNumber),
      concurrency: optional(wholeNumber),
      instances: optional(wholeNumber),
    }),
  ),
  version: optional(v.string()),
  publish: optional(v.boolean()),
});

/** Arguments of an invocation, of any names; they pass through as they are written. */
export const payloadBody = v.looseObject({});

/** `undefined` for no body. Throws `body-malformed` for what is no object. */
export function parsePayload(text: string): RawJson | undefined {
  if (text === "") return undefined;
  const value = parseJson(text);
  if (isJsonObject(value)) return toSingleLine(text);
  throw failure("body-malformed", { detail: toKindDetail(value) });
}

export function parseActionBody(text: string): ActionRequest {
  const { exec: given, ...body } = parseBody(actionBody, text);
  const request = withoutAbsent({
    ...body,
    ...(body.limits ? { limits: withoutAbsent(body.limits) } : {}),
    ...(body.parameters ? { parameters: body.parameters.map(toKeyValue) } : {}),
    ...(body.annotations ? { annotations: body.annotations.map(toKeyValue) } : {}),
  });
  if (!given) return request as ActionRequest;
  const { jar, code, components, ...same } = given;
  const names = components?.map((each) =>
    typeof each === "string" ? each : `${each.path}/${each.name}`,
  );
  const exec = withoutAbsent({ ...same, code: code ?? jar, components: names });
  return { ...request, exec } as ActionRequest;
}

/** `init` is kept only where it is true. */
export function toKeyValue({ key, value, init }: v.InferOutput<typeof keyValue>) {
  return init === true ? { key, value, init } : { key, value };
}

export function withoutAbsent<T extends object>(value: T): Partial<T> {
  const entries = Object.entries(value).filter(
    ([, member]) => member !== undefined && member !== null,
  );
  return Object.fromEntries(entries) as Partial<T>;
}

/** Throws `body-malformed` that names the field, what it is and what it must be. */
export function parseBody<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> {
  if (hasLongNumber(text) && isTooWide(text, LONG_VALUES_MAX)) {
    throw failure("body-malformed", { detail: TOO_WIDE_BY_LONG });
  }
  const value = parseJson(text, parseKeepingDigits);
  // The schema's objects would also take an array.
  if (!isJsonObject(value)) throw failure("body-malformed", { detail: toKindDetail(value) });
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) {
    if (hasInfinity(result.output)) throw failure("body-malformed", { detail: TOO_LARGE });
    return result.output;
  }
  throw failure("body-malformed", { detail: toDetail(result.issues[0]) });
}

/** Throws `body-malformed`. */
export function parseJson(text: string, read: (text: string) => unknown = JSON.parse): unknown {
  if (text === "") throw failure("body-malformed", { detail: "the body is empty, must be JSON" });
  if (isTooDeep(text)) throw failure("body-malformed", { detail: TOO_DEEP });
  if (isTooWide(text)) throw failure("body-malformed", { detail: TOO_WIDE });
  try {
    return read(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw failure("body-malformed", { detail });
  }
}

const TOO_DEEP = "the body is nested too deeply, must have at most 1000 levels";

const TOO_WIDE = `the body has too many values, must have at most ${VALUES_MAX}`;
/** They take 150 ms to read where digits are to be kept. */
const LONG_VALUES_MAX = 100_000;
const TOO_WIDE_BY_LONG = `the body has too many values beside a number of more than 15 digits, must have at most ${LONG_VALUES_MAX}`;
const TOO_LARGE = "a number in the body is too large, must be at most 1.8e308";

/** Of a value that is no object. */
function toKindDetail(value: unknown): string {
  const type = isRawNumber(value) ? "number" : typeof value;
  const is = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${type}`;
  return `the body is ${is}, must be an object`;
}

function toDetail(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const field = keys.at(-1);
  const inside = keys.slice(0, -1).join(".");
  // A field that is missing is named as what was expected: all that must be there but the value are texts.
  const isMissing = issue.expected === `"${field}"`;
  if (isMissing && field === "value") return `'value' must be given in '${inside}'`;
  const words = isMissing ? "a string" : (WORDS[issue.expected ?? ""] ?? issue.expected);
  return `'${field}' must be ${words}${inside === "" ? "" : ` defined in '${inside}'`}`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  Array: "an array",
  Object: "an object",
  "(string | Object)": "a string",
  "": "a whole number",
};
