// JSON that passes through as text. Bodies and results are parsed once, to know what they are, and
// then handed on as the very text that came in: it costs nothing and keeps every digit of a number.

/** Text that has been parsed successfully as one JSON value, without raw line breaks. */
export type RawJson = string & { readonly brand: "RawJson" };

export type JsonObject = { [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function toRawJson(value: unknown): RawJson {
  return JSON.stringify(value) as RawJson;
}

/**
 * The text as one line. Line breaks in JSON stand only between tokens (inside strings they are
 * escaped), so they may be replaced by blanks without changing the value.
 */
export function toSingleLine(validJson: string): RawJson {
  return (/[\r\n]/.test(validJson) ? validJson.replace(/[\r\n]/g, " ") : validJson) as RawJson;
}
