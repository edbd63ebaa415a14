// `--summary`: what an action or a trigger says about itself in annotations, as two lines.

import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { findAnnotation, toText } from "./answers.ts";

/** `*x` has a value already, `**x` has one that an invocation cannot change, `x` is declared only. */
export function formatSummary(entity: JsonObject, label: "action" | "trigger" = "action"): string {
  const isFinal = findAnnotation(entity, "final") === true;
  const bound = listKeys(entity["parameters"], "key");
  const declared = listKeys(findAnnotation(entity, "parameters"), "name");
  const names = [...new Set([...bound, ...declared])].sort((a, b) => (a < b ? -1 : 1));
  const shown = names.map((name) => {
    if (!bound.includes(name)) return name;
    return isFinal ? `**${name}` : `*${name}`;
  });
  const path = `/${toText(entity["namespace"])}/${toText(entity["name"])}`;
  // A trigger returns nothing that could be described.
  const standard = label === "action" ? describe(names) : "";
  const description = toText(findAnnotation(entity, "description")) || standard;
  const head = description === "" ? `${label} ${path}` : `${label} ${path}: ${description}`;
  const parameters = shown.length === 0 ? "none defined" : shown.join(", ");
  return `${head}\n   (parameters: ${parameters})`;
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
