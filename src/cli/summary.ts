// `--summary`: what an action says about itself in annotations, as two lines.

import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { findAnnotation, toText } from "./answers.ts";

/** `*x` has a value already, `**x` has one that an invocation cannot change, `x` is declared only. */
export function formatSummary(action: JsonObject): string {
  const isFinal = findAnnotation(action, "final") === true;
  const bound = listKeys(action["parameters"], "key");
  const declared = listKeys(findAnnotation(action, "parameters"), "name");
  const names = [...new Set([...bound, ...declared])].sort((a, b) => (a < b ? -1 : 1));
  const shown = names.map((name) => {
    if (!bound.includes(name)) return name;
    return isFinal ? `**${name}` : `*${name}`;
  });
  const path = `/${toText(action["namespace"])}/${toText(action["name"])}`;
  const description = toText(findAnnotation(action, "description")) || describe(names);
  const parameters = shown.length === 0 ? "none defined" : shown.join(", ");
  return `action ${path}: ${description}\n   (parameters: ${parameters})`;
}

function describe(names: readonly string[]): string {
  const last = names.at(-1);
  if (last === undefined) return "Returns a result";
  const list = names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
  return `Returns a result based on parameter${names.length === 1 ? "" : "s"} ${list}`;
}

function listKeys(value: unknown, field: "key" | "name"): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isJsonObject)
    .map((each) => toText(each[field]))
    .filter((name) => name !== "");
}
