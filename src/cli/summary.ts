// `--summary`: what an action, a trigger, or a package and what is in it, say about themselves in
// annotations; two lines each.

import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { findAnnotation, toObjects, toText } from "./answers.ts";

export function formatSummary(entity: JsonObject, label: "action" | "trigger" = "action"): string {
  const path = `/${toText(entity["namespace"])}/${toText(entity["name"])}`;
  return formatTwoLines({ label, path, entity, bound: listBound(entity) });
}

/** Of what is in it no parameters are known but those that it declares itself. */
export function formatPackageSummary(document: JsonObject): string {
  const path = `/${toText(document["namespace"])}/${toText(document["name"])}`;
  const bound = listBound(document);
  const toLines = (label: string, field: "actions" | "feeds") =>
    toObjects(document[field] ?? []).map((entity) => {
      const declared = listDeclared(entity);
      return formatTwoLines({
        label,
        path: `${path}/${toText(entity["name"])}`,
        entity,
        bound: bound.filter((key) => declared.includes(key)),
      });
    });
  return [
    formatTwoLines({ label: "package", path, entity: document, bound }),
    ...toLines(" action", "actions"),
    ...toLines(" feed  ", "feeds"),
  ].join("\n");
}

interface Summary {
  readonly label: string;
  readonly path: string;
  readonly entity: JsonObject;
  /** Names of parameters that have a value. */
  readonly bound: readonly string[];
}

/** `*x` has a value already, `**x` has one that an invocation cannot change, `x` is declared only. */
function formatTwoLines({ label, path, entity, bound }: Summary): string {
  const isFinal = findAnnotation(entity, "final") === true;
  const names = [...new Set([...bound, ...listDeclared(entity)])].sort((a, b) => (a < b ? -1 : 1));
  const shown = names.map((name) => {
    if (!bound.includes(name)) return name;
    return isFinal ? `**${name}` : `*${name}`;
  });
  // A trigger returns nothing that could be described.
  const standard = label === "trigger" ? "" : describe(names);
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

function listBound(entity: JsonObject): readonly string[] {
  return listKeys(entity["parameters"], "key");
}

function listDeclared(entity: JsonObject): readonly string[] {
  return listKeys(findAnnotation(entity, "parameters"), "name");
}

function listKeys(value: unknown, field: "key" | "name"): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isJsonObject)
    .map((each) => toText(each[field]))
    .filter((name) => name !== "");
}
