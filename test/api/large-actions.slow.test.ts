// Actions whose code is large: it goes through the platform as the bytes of its JSON text, and must come
// out as what went in, wherever it does.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ACTIONS, invoke, type Json, useBrisk } from "./fixture.ts";

const MB = 1024 * 1024;
const KIND = "nodejs:24";

const brisk = useBrisk();

function codeOf(json: unknown): string {
  return ((json as Json)["exec"] as { readonly code: string }).code;
}

/** What it has in its text is what its result says. */
function toCode(odd: string, length: number): string {
  const text = `${odd}${"a quick fox ".repeat(length / 12)}${odd}`;
  return `const text = ${JSON.stringify(text)};
    const { createHash } = require("node:crypto");
    exports.main = () => ({ length: text.length, hash: createHash("sha1").update(text).digest("hex") });`;
}

function expected(odd: string, length: number) {
  const text = `${odd}${"a quick fox ".repeat(length / 12)}${odd}`;
  return { length: text.length, hash: createHash("sha1").update(text).digest("hex") };
}

const ODD = {
  plain: "",
  wide: "äöü € \u2028\u2029 𝒳 😀",
  escaped: '\0\x01\x1f\x7f " \\ \\\\ \\u0041 \b\f\n\r\t </script>',
};

for (const [what, odd] of Object.entries(ODD)) {
  for (const length of [120_000, 132_000, 3 * MB]) {
    test(`${length} characters of code, ${what}, are kept, shown and run as they are`, async () => {
      const path = `${ACTIONS}/${what}-${length}`;
      const code = toCode(odd, length);
      const put = await brisk().request("PUT", path, { body: { exec: { kind: KIND, code } } });
      assert.equal(put.status, 200, put.text.slice(0, 500));
      assert.equal(codeOf(put.json), code);
      const got = await brisk().request("GET", path);
      assert.deepEqual(got.json, put.json);
      assert.equal(got.headers["content-length"], String(Buffer.byteLength(got.text)));
      const bare = await brisk().request("GET", `${path}?code=false`);
      assert.deepEqual((bare.json as Json)["exec"], { kind: KIND, binary: false });
      const { json } = await invoke(brisk(), `${what}-${length}`, {
        query: "blocking=true&result=true",
      });
      assert.deepEqual(json, expected(odd, length));
    });
  }
}

test("halves of surrogate pairs become what they are shown as", async () => {
  const path = `${ACTIONS}/halves`;
  const code = `// ${"x".repeat(MB)} \ud83d \ude00\ud83d \ud83d\ude00`;
  const put = await brisk().request("PUT", path, { body: { exec: { kind: KIND, code } } });
  assert.equal(codeOf(put.json), code.toWellFormed());
  assert.equal(codeOf((await brisk().request("GET", path)).json), code.toWellFormed());
});

test("a large archive is told from text by its shape", async () => {
  for (const [code, binary] of [
    ["QUJD".repeat(MB / 4), true],
    [`${"QUJD".repeat(MB / 4)}!`, false],
  ] as const) {
    const path = `${ACTIONS}/shape-${binary}`;
    const { json } = await brisk().request("PUT", path, { body: { exec: { kind: KIND, code } } });
    assert.deepEqual((json as Json)["exec"], { kind: KIND, code, binary });
  }
});

test("a large code outlives updates of other fields, is kept as a version, and is answered once more when it is deleted", async () => {
  const path = `${ACTIONS}/kept`;
  const [first, second] = ["1", "2"].map((odd) => toCode(odd, MB));
  const put = (body: Json) => brisk().request("PUT", `${path}?overwrite=true`, { body });
  await put({ exec: { kind: KIND, code: first } });
  const annotated = await put({ annotations: [{ key: "a", value: 1 }] });
  assert.equal(codeOf(annotated.json), first);
  const updated = await put({ exec: { kind: KIND, code: second } });
  assert.equal(codeOf(updated.json), second);
  const short = await put({ exec: { kind: KIND, code: "exports.main = () => ({})" } });
  assert.equal((short.json as Json)["version"], "0.0.4");
  for (const [version, code] of [
    ["0.0.1", first],
    ["0.0.2", first],
    ["0.0.3", second],
  ]) {
    const { json } = await brisk().request("GET", `${path}?version=${version}`);
    assert.equal(codeOf(json), code, version);
  }
  await put({ exec: { kind: KIND, code: second } });
  const deleted = await brisk().request("DELETE", path);
  assert.equal(codeOf(deleted.json), second);
  assert.equal((await brisk().request("GET", path)).status, 404);
});

test("several large ones at a time are each answered with their own", async () => {
  const codes = Array.from({ length: 8 }, (_, n) => toCode(`${n}`, 2 * MB));
  const answers = await Promise.all(
    codes.map((code, n) =>
      brisk().request("PUT", `${ACTIONS}/many-${n}`, { body: { exec: { kind: KIND, code } } }),
    ),
  );
  assert.ok(answers.every(({ json }, n) => codeOf(json) === codes[n]));
  const read = await Promise.all(
    codes.map((_, n) => brisk().request("GET", `${ACTIONS}/many-${n}`)),
  );
  assert.ok(read.every(({ json }, n) => codeOf(json) === codes[n]));
});
