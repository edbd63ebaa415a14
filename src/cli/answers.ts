// Values of answers: the server is another program, whose answers are looked at before they are used.

import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { CliError } from "./cli-error.ts";

/** An object of the API, or a `CliError`: the server is another program. */
export function toObject(value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new CliError("the server's answer is not what was asked for");
}

export function toObjects(value: unknown): readonly JsonObject[] {
  if (Array.isArray(value)) return value.map(toObject);
  throw new CliError("the server's answer is not a list");
}

export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function findAnnotation(entity: JsonObject, key: string): unknown {
  const annotations = Array.isArray(entity["annotations"]) ? entity["annotations"] : [];
  const found = annotations.filter(isJsonObject).find((each) => each["key"] === key);
  return found?.["value"];
}
