// What the thread makes of a body against what is made of it here: the same value, or the same sentence.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { EntityName } from "../entities/names.ts";
import { LARGE_TEXT_LENGTH, LargeText } from "../kernel/large-text.ts";
import { MB } from "../kernel/units.ts";
import { BODY_PARSERS, type BodyName, type BodyRules } from "./body-parsers.ts";
import { BodyThread } from "./body-thread.ts";

const SIZES = { parameterBytesMax: MB };
const NAMESPACE = "guest" as EntityName;
const RULES: BodyRules = {
  action: { ...SIZES, namespace: NAMESPACE, codeBytesMax: 4 * MB },
  package: { ...SIZES, namespace: NAMESPACE },
  rule: SIZES,
  status: undefined,
  trigger: { ...SIZES, kinds: [] },
};

const thread = new BodyThread();
after(() => thread.close());

async function outcome(read: () => unknown): Promise<unknown> {
  try {
    return withPlainCode(await read());
  } catch (cause) {
    const { code, message } = cause as { code: string; message: string };
    return { code, message };
  }
}

/** Of a large code its text, and that it is one: as objects they would not be compared. */
function withPlainCode(value: unknown): unknown {
  const { exec } = Object(value) as { exec?: { code?: unknown } };
  if (!(exec?.code instanceof LargeText)) return value;
  return { ...Object(value), exec: { ...exec, code: { large: exec.code.toJSON() } } };
}

async function checkSame(name: BodyName, bytes: Buffer): Promise<void> {
  const there = thread.parse("a", {
    name,
    rules: RULES[name] as BodyRules["action"] & BodyRules["trigger"],
    // Cut anywhere, also within a character.
    pieces: [bytes.subarray(0, 5), bytes.subarray(5)].map((piece) => Uint8Array.from(piece)),
  });
  const parse = BODY_PARSERS[name] as (text: string, rules: unknown) => unknown;
  const here = await outcome(() => parse(bytes.toString(), RULES[name]));
  // Not shown where they differ: it would take minutes.
  const isSame = isDeepStrictEqual(await outcome(() => there), here);
  assert.ok(isSame, `${name}: ${bytes.toString("utf8", 0, 200)}`);
}

const LONG = "x".repeat(LARGE_TEXT_LENGTH);
const quote = (text: string) => JSON.stringify(text);
const exec = (code: string) => `{"exec":{"kind":"nodejs:24","code":${code}}}`;

const BODIES: Readonly<Record<string, string | Buffer>> = {
  nothing: "",
  "an empty object": "{}",
  "a long code": exec(quote(LONG)),
  "one a byte shorter than is long": exec(quote(LONG.slice(1))),
  Base64: exec(quote("QUJD".repeat(LARGE_TEXT_LENGTH / 4))),
  "characters of two, three and four bytes": exec(quote(`${LONG}äöü€\u2028𝒳😀`)),
  "half of a surrogate pair": exec(`"${LONG}\\ud83d and \\ude00 and \\ude00\\ud83d"`),
  "a pair as escapes": exec(`"${LONG}\\ud83d\\ude00"`),
  "escapes of every kind": exec(`"${LONG}\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f"`),
  "bytes that are no UTF-8": Buffer.concat([
    Buffer.from('{"exec":{"kind":"nodejs:24","code":"'),
    Buffer.from(LONG),
    Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf0, 0x9f]),
    Buffer.from('"}}'),
  ]),
  "a byte order mark": `\ufeff${exec(quote(LONG))}`,
  "a code before its kind": `{"exec":{"code":${quote(LONG)},"kind":"nodejs:24"}}`,
  "a code given twice": `{"exec":{"code":${quote(LONG)},"kind":"a","code":"short"}}`,
  "an exec given twice": `{"exec":{"kind":"a","code":"b"},"exec":{"kind":"c","code":${quote(LONG)}}}`,
  "a code that is named jar": `{"exec":{"kind":"java:8","jar":${quote(LONG)}}}`,
  "a code that is null": `{"exec":{"kind":"nodejs:24","code":null},"x":${quote(LONG)}}`,
  "a code that is no text": `{"exec":{"kind":"nodejs:24","code":[${quote(LONG)}]}}`,
  "a sequence": `{"exec":{"kind":"sequence","components":["/_/a","/_/b/c"]}}`,
  "a sequence without its parts": `{"exec":{"kind":"sequence"}}`,
  "a code that is too large": exec(quote("x".repeat(4 * MB + 1))),
  "parameters that are too large": `{"parameters":[{"key":"a","value":${quote("x".repeat(MB))}}]}`,
  "numbers of many digits": `{"parameters":[{"key":"a","value":12345678901234567890.5}]}`,
  "a number that is too large": `{"parameters":[{"key":"a","value":1e400}]}`,
  "too many values": `{"x":[${"0,".repeat(600_000)}0]}`,
  "too many levels": `{"x":${"[".repeat(1001)}${"]".repeat(1001)}}`,
  "a deep value": `{"parameters":[{"key":"a","value":${"[".repeat(900)}${"]".repeat(900)}}]}`,
  "a key of the prototype": `{"__proto__":{"exec":1},"parameters":[{"key":"a","value":{"__proto__":1}}]}`,
  "a comma too many": `{"exec":{"kind":"a","code":${quote(LONG)},}}`,
  "a text without an end": `{"exec":{"kind":"a","code":"${LONG}`,
  "a raw line break in a text": `{"exec":{"kind":"a","code":"${LONG}\n"}}`,
  "no object": `[${quote(LONG)}]`,
};

for (const [what, body] of Object.entries(BODIES)) {
  test(`${what} is read there as here, for every collection`, async () => {
    for (const name of Object.keys(BODY_PARSERS) as BodyName[]) {
      await checkSame(name, Buffer.from(body));
    }
  });
}

test("any text is read there as here", async () => {
  const fields = fc.dictionary(
    fc.constantFrom("exec", "parameters", "annotations", "version", "publish", "status"),
    fc.oneof(
      fc.jsonValue(),
      fc.record({ kind: fc.string(), code: fc.string({ unit: "binary" }) }),
      fc.array(fc.record({ key: fc.string(), value: fc.jsonValue() })),
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fields.map((body) => JSON.stringify(body)),
  );
  const names = fc.constantFrom(...(Object.keys(BODY_PARSERS) as BodyName[]));
  await fc.assert(
    fc.asyncProperty(names, texts, async (name, text) => {
      await checkSame(name, Buffer.from(text));
    }),
  );
});

test("what is beside the code is bounded: it is read here again", async () => {
  const version = quote("1".repeat(17 * MB));
  const bytes = Uint8Array.from(Buffer.from(`{"version":${version}}`));
  const order = { name: "package", rules: RULES.package, pieces: [bytes] } as const;
  await assert.rejects(thread.parse("a", order), {
    message: /^Request larger than allowed: \d+ > 16777216 bytes\.$/,
  });
});

test("it goes on after it has ended", async () => {
  thread.close();
  await checkSame("action", Buffer.from(exec(quote(LONG))));
});
