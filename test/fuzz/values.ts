// Bodies as fast-check makes them: values of a JSON schema, the texts they become, and what goes wrong
// with texts on their way.

import fc from "fast-check";
import type { Json } from "../api/fixture.ts";
import { WORDS } from "./words.ts";

/** Long, empty, from every corner of Unicode, and what other systems stumble over. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom(
    "",
    " ",
    ".",
    "..",
    "\0",
    "\ud800",
    "\u202e",
    "a\nb",
    "a/b",
    "%2F",
    "%",
    "_",
    "x".repeat(256),
    "x".repeat(257),
    "ü".repeat(300),
    "__proto__",
    "constructor",
    "toString",
    "' OR 1=1 --",
    "${7*7}",
    "\r\nX-Injected: 1",
  ),
);

/** Anything that JSON can say, of a size that does not matter. */
const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(true, 1, "text", null, [], {}),
  oddText,
);

/** What stands for a part of a body in the text that is sent. None is what the schema asks for. */
const ODD_TOKENS = [
  "1e400",
  "-0",
  "1.5",
  "-1",
  "9007199254740993",
  "1234567890123456789012345678901234567890",
  "1e-400",
  '"\\ud800"',
  '"\\u0000"',
  "null",
  "true",
  "[]",
  "{}",
  '{"__proto__":{"polluted":1}}',
  `${"[".repeat(1001)}${"]".repeat(1001)}`,
  `${"[".repeat(900)}${"]".repeat(900)}`,
  `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`,
  `"${"x".repeat(20_000)}"`,
  "NaN",
  "undefined",
  "01",
  "'a'",
  '"\\x"',
  '"\t"',
];
const LITERAL = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|true|false|null|\[\]|\{\}/g;

/** A schema's values, now and then with what it does not allow. Small: every level has a few members. */
export function schemaValue(schema: Json, field = ""): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 200, arbitrary: soundValue(schema, field) },
    { weight: 1, arbitrary: anyValue },
  );
}

function soundValue(schema: Json, field: string): fc.Arbitrary<unknown> {
  const choices = (schema["anyOf"] ?? schema["oneOf"]) as readonly Json[] | undefined;
  if (choices !== undefined) {
    // What may be left out as null mostly is not: it is left out as a member more often.
    const weighted = choices.map((choice) => ({
      weight: choice["type"] === "null" ? 1 : 20,
      arbitrary: soundValue(choice, field),
    }));
    return fc.oneof(...weighted);
  }
  if (schema["const"] !== undefined) return fc.constant(schema["const"]);
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...schema["enum"]);
  const word = WORDS[field];
  switch (schema["type"]) {
    case "object":
      return objectValue(schema);
    case "array":
      if (word !== undefined) return word;
      return fc.array(schemaValue((schema["items"] ?? {}) as Json, field), { maxLength: 3 });
    case "string":
      return word ?? oddText;
    case "integer":
    case "number":
      return word ?? fc.oneof(fc.nat(), fc.integer(), fc.double({ noNaN: true }));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return word === undefined ? anyValue : fc.oneof(word, anyValue, anyValue);
  }
}

/** Mostly left out, so that most packages are ones that something can be put into. */
const BINDING = "binding";

function objectValue(schema: Json): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Json>);
  const required = (schema["required"] ?? []) as readonly string[];
  const members = properties.map(([name, member]): fc.Arbitrary<[string, unknown][]> => {
    const value = schemaValue(member, name).map((one): [string, unknown][] => [[name, one]]);
    const missing = required.includes(name) ? 1 : name === BINDING ? 240 : 20;
    return fc.oneof(
      { weight: 60, arbitrary: value },
      { weight: missing, arbitrary: fc.constant<[string, unknown][]>([]) },
    );
  });
  const unknown = fc.oneof(
    { weight: 4, arbitrary: fc.constant<[string, unknown][]>([]) },
    { weight: 1, arbitrary: fc.tuple(oddText, anyValue).map((entry) => [entry]) },
  );
  // Made from entries, so that `__proto__` is a member like any other.
  return fc.tuple(...members, unknown).map((groups) => Object.fromEntries(groups.flat()));
}

/** The text of a schema's value, now and then spoilt. */
export function bodyText(schema: Json): fc.Arbitrary<string> {
  const sound = schemaValue(schema).map((value) => JSON.stringify(value) ?? "");
  const at = fc.nat();
  const spoilt = fc.oneof(
    fc.tuple(sound, at, fc.constantFrom(...ODD_TOKENS)).map(replaceLiteral),
    fc.tuple(sound, at).map(([text, where]) => text.slice(0, where % (text.length + 1))),
    fc.tuple(sound, at, oddText).map(insert),
    sound.map((text) => `[${text}]`),
    sound.map((text) => `\ufeff${text}`),
    sound.map((text) => `${text}${text}`),
    sound.map((text) => text.replace(/^\{/, '{"exec":null,"parameters":7,')),
    fc.json({ maxDepth: 3 }),
    oddText,
  );
  return fc.oneof({ weight: 5, arbitrary: sound }, { weight: 2, arbitrary: spoilt });
}

function replaceLiteral([text, at, token]: [string, number, string]): string {
  const literals = [...text.matchAll(LITERAL)];
  const chosen = literals[at % Math.max(1, literals.length)];
  if (chosen === undefined) return token;
  return text.slice(0, chosen.index) + token + text.slice(chosen.index + chosen[0].length);
}

function insert([text, at, odd]: [string, number, string]): string {
  const where = at % (text.length + 1);
  return text.slice(0, where) + odd + text.slice(where);
}
