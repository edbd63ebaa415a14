// JSON as the CLI reads and prints it: numbers keep the digits they were sent with, objects come out
// with sorted keys, indented by four spaces.

/** A number with the text it was written as: `1e2`, `1.0` and 30-digit integers stay what they are. */
interface RawNumber {
  readonly rawJSON: string;
}

/** What lib.d.ts does not have yet: source text access, in V8 since 11.4. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
const SOURCE_JSON = JSON as unknown as SourceJson;

/** Throws a `SyntaxError` as `JSON.parse`. */
export function parseJson(text: string): unknown {
  return SOURCE_JSON.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined ? SOURCE_JSON.rawJSON(source) : value,
  );
}

export function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return SOURCE_JSON.isRawJSON(value) ? Number(value.rawJSON) : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !SOURCE_JSON.isRawJSON(value)
  );
}

/** The field of an object, `undefined` of everything else. */
export function getField(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function getText(value: unknown, name: string): string {
  const field = getField(value, name);
  return typeof field === "string" ? field : "";
}

/** An object whose fields are printed in the order they were put in, not sorted. */
export class Ordered {
  readonly fields: ReadonlyMap<string, unknown>;

  constructor(fields: Iterable<readonly [string, unknown]>) {
    this.fields = new Map(fields);
  }
}

const INDENT = "    ";

export function formatJson(value: unknown, margin = ""): string {
  const inner = margin + INDENT;
  if (Array.isArray(value)) {
    return wrap(
      value.map((item) => formatJson(item, inner)),
      { open: "[", close: "]", margin },
    );
  }
  const fields = value instanceof Ordered ? [...value.fields] : toSortedFields(value);
  if (fields === undefined) return JSON.stringify(value) ?? "null";
  return wrap(
    fields.map(([name, field]) => `${JSON.stringify(name)}: ${formatJson(field, inner)}`),
    { open: "{", close: "}", margin },
  );
}

/** By bytes, as Go's encoder does, so that output does not depend on the locale. */
function toSortedFields(value: unknown): [string, unknown][] | undefined {
  if (!isObject(value)) return undefined;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function wrap(
  items: readonly string[],
  { open, close, margin }: { open: string; close: string; margin: string },
): string {
  if (items.length === 0) return open + close;
  const lines = items.map((item) => `${margin}${INDENT}${item}`);
  return `${open}\n${lines.join(",\n")}\n${margin}${close}`;
}
