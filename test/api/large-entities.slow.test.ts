// Entities as large as they may be, and many of them: what is answered of them at a time is bounded, as a
// tenant can make as many as it likes, and everybody's memory is what they are answered from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MB } from "../../src/kernel/units.ts";
import { ACTIONS, checkError, type Json, OWN, useBrisk } from "./fixture.ts";

const COUNT = 40;
const exec = { kind: "nodejs:24", code: "exports.main = () => ({})" };
const large = "x".repeat(MB / 2);

const brisk = useBrisk({
  setUp: async (up) => {
    await up.request("PUT", `${OWN}/packages/large`, { body: {} });
    for (let index = 0; index < COUNT; index++) {
      const annotations = [{ key: "note", value: large }];
      const parameters = [{ key: "note", value: large }];
      const body = { exec, annotations, parameters };
      const answer = await up.request("PUT", `${ACTIONS}/large/a${index}`, { body });
      assert.equal(answer.status, 200, answer.text.slice(0, 200));
    }
  },
});

test("a list that is too large is refused, and a part of it answered", async () => {
  for (const path of [ACTIONS, `${ACTIONS}/large/`]) {
    const answer = await brisk().request("GET", `${path}?limit=200`);
    assert.equal(answer.status, 413);
    checkError(answer, /^The list, of which a lower limit asks for less, is larger than allowed: /);
    const part = await brisk().request("GET", `${path}?limit=10&skip=10`);
    assert.equal((part.json as Json[]).length, 10);
  }
});

test("a package of which too much would be said is refused, and can be emptied", async () => {
  const path = `${OWN}/packages/large`;
  const answer = await brisk().request("GET", path);
  assert.equal(answer.status, 413);
  checkError(answer, /^The package with its actions' annotations is larger than allowed: /);
  assert.equal((await brisk().request("DELETE", `${path}?force=true`)).status, 200);
});

test("annotations that updates add to one another are bounded together", async () => {
  const path = `${ACTIONS}/growing?overwrite=true`;
  const add = (key: string, others: Json = {}) =>
    brisk().request("PUT", path, {
      body: { exec, annotations: [{ key, value: large }], ...others },
    });
  assert.equal((await add("one")).status, 200);
  const more = await add("two");
  assert.equal(more.status, 413);
  checkError(more, /^annotations larger than allowed: /);
  assert.equal((await add("one")).status, 200);
  assert.equal((await add("two", { delAnnotations: ["one"] })).status, 200);
});

test("all versions of an action are answered where they are not too much", async () => {
  const put = (note: string) =>
    brisk().request("PUT", `${ACTIONS}/versions?overwrite=true`, {
      body: { exec, annotations: [{ key: "note", value: note }] },
    });
  for (let index = 0; index < 11; index++) assert.equal((await put(large)).status, 200);
  const answer = await brisk().request("GET", `${ACTIONS}/versions?versions=true`);
  assert.equal((answer.json as Json[]).length, 11);
  assert.equal((await brisk().request("DELETE", `${ACTIONS}/versions`)).status, 200);
});
