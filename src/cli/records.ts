// Entities as `wsk` shows them: known fields in a fixed order, empty ones left out, free-form values
// with their keys in order.

import { STATUS_WORDS } from "../entities/activation.ts";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { toObject, toObjects, toText } from "./answers.ts";
import { CliError } from "./cli-error.ts";
import { formatJson, sortKeys } from "./lossless-json.ts";
import type { Terminal } from "./terminal.ts";

const ACTION_FIELDS = [
  "namespace",
  "name",
  "version",
  "exec",
  "annotations",
  "delAnnotations",
  "parameters",
  "limits",
  "error",
  "code",
  "publish",
  "updated",
];
const EXEC_FIELDS = ["kind", "code", "image", "init", "main", "components", "binary"];
const LIMIT_FIELDS = ["timeout", "memory", "logs", "concurrency"];
const KEY_VALUE_FIELDS = ["key", "value", "init"];
const ACTIVATION_FIELDS = [
  "namespace",
  "name",
  "version",
  "subject",
  "activationId",
  "cause",
  "start",
  "end",
  "duration",
  "statusCode",
  "response",
  "logs",
  "annotations",
  "publish",
];
const TRIGGER_FIELDS = [
  "namespace",
  "name",
  "version",
  "activationId",
  "annotations",
  "parameters",
  "limits",
  "publish",
  "rules",
  "updated",
];
const RULE_FIELDS = [
  "namespace",
  "name",
  "version",
  "annotations",
  "status",
  "trigger",
  "action",
  "publish",
  "updated",
];
const PACKAGE_FIELDS = [
  "namespace",
  "name",
  "version",
  "publish",
  "annotations",
  "parameters",
  "binding",
  "actions",
  "feeds",
  "updated",
];
const CONTENT_FIELDS = ["name", "version", "annotations", "parameters"];

/** What a field filter may name, by kind of entity. */
const FIELDS = {
  action: ACTION_FIELDS,
  activation: ACTIVATION_FIELDS,
  package: PACKAGE_FIELDS,
  rule: RULE_FIELDS,
  trigger: TRIGGER_FIELDS,
} as const;

export function toActionRecord(value: unknown): JsonObject {
  const action = toObject(value);
  return pick(ACTION_FIELDS, {
    ...action,
    exec: isJsonObject(action["exec"]) ? pick(EXEC_FIELDS, action["exec"]) : undefined,
    annotations: toKeyValues(action["annotations"]),
    parameters: toKeyValues(action["parameters"]),
    limits: isJsonObject(action["limits"]) ? pick(LIMIT_FIELDS, action["limits"]) : undefined,
  });
}

export function toPackageRecord(value: unknown): JsonObject {
  const document = toObject(value);
  const toContents = (contents: unknown) =>
    toObjects(contents ?? []).map((each) =>
      pick(CONTENT_FIELDS, { ...each, annotations: toKeyValues(each["annotations"]) }),
    );
  const { binding } = document;
  return pick(PACKAGE_FIELDS, {
    ...document,
    // Of a plain package it is an empty object, or false in lists.
    binding: isJsonObject(binding) && Object.keys(binding).length > 0 ? binding : undefined,
    annotations: toKeyValues(document["annotations"]),
    parameters: toKeyValues(document["parameters"]),
    actions: toContents(document["actions"]),
    feeds: toContents(document["feeds"]),
  });
}

/** `statusCode` follows from the status's words, as the record has no number. */
export function toActivationRecord(value: unknown): JsonObject {
  const activation = toObject(value);
  const response = isJsonObject(activation["response"]) ? activation["response"] : {};
  const statusCode = Math.max(0, STATUS_WORDS.indexOf(toText(response["status"])));
  const whole: JsonObject = {
    ...activation,
    statusCode,
    response: {
      status: response["status"],
      statusCode,
      success: response["success"],
      result: sortKeys(response["result"]),
    },
    logs: activation["logs"] ?? [],
    annotations: toKeyValues(activation["annotations"]),
  };
  const known = ACTIVATION_FIELDS.filter((field) => whole[field] !== undefined);
  return Object.fromEntries(known.map((field) => [field, whole[field]]));
}

export function toTriggerRecord(value: unknown): JsonObject {
  const trigger = toObject(value);
  const rules = isJsonObject(trigger["rules"]) ? trigger["rules"] : {};
  return pick(TRIGGER_FIELDS, {
    ...trigger,
    annotations: toKeyValues(trigger["annotations"]),
    parameters: toKeyValues(trigger["parameters"]),
    rules: Object.keys(rules).length === 0 ? undefined : sortKeys(rules),
  });
}

export function toRuleRecord(value: unknown): JsonObject {
  const rule = toObject(value);
  return pick(RULE_FIELDS, {
    ...rule,
    annotations: toKeyValues(rule["annotations"]),
    trigger: sortKeys(rule["trigger"]),
    action: sortKeys(rule["action"]),
  });
}

/** One field by its name in any case. */
function pickField(
  record: JsonObject,
  { field, of, exitCode }: { field: string; of: keyof typeof FIELDS; exitCode: number },
): unknown {
  const fields = FIELDS[of];
  const known = fields.find((each) => each.toLowerCase() === field.toLowerCase());
  if (known !== undefined) return record[known];
  throw new CliError(`Invalid field filter '${field}': use one of ${fields.join(", ")}`, {
    exitCode,
  });
}

/** An entity that was got, or one field of it. */
export function printEntity(
  terminal: Terminal,
  got: {
    readonly of: keyof typeof FIELDS;
    readonly record: JsonObject;
    readonly name: string;
    readonly field: string | undefined;
    /** Where there is no such field. */
    readonly exitCode: number;
  },
): void {
  const { of, record, name, field, exitCode } = got;
  const shown = field === undefined ? record : pickField(record, { field, of, exitCode });
  const what = field === undefined ? "" : `, displaying field ${terminal.bold(field)}`;
  terminal.printOk(`got ${of} ${terminal.bold(name)}${what}`);
  terminal.print(formatJson(shown));
}

function toKeyValues(value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((each) => {
    const known = KEY_VALUE_FIELDS.filter((field) => each[field] !== undefined);
    return Object.fromEntries(known.map((field) => [field, sortKeys(each[field])]));
  });
}

function pick(fields: readonly string[], value: JsonObject): JsonObject {
  const present = fields.filter((field) => !isEmpty(value[field]));
  return Object.fromEntries(present.map((field) => [field, value[field]]));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return Array.isArray(value) && value.length === 0;
}
