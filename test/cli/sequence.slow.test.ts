// `brisk action` with sequences, against a real platform.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useTyping } from "./typing.ts";

const { path, cli, ok } = useTyping(async () => {
  writeFileSync(join(path, "twice.js"), "const main = ({ n }) => ({ n: 2 * n });");
  writeFileSync(join(path, "next.js"), "const main = ({ n }) => ({ n: n + 1 });");
  await ok("action create twice twice.js");
  await ok("action create next next.js");
});

test("a sequence is created from a list, run, changed, and shown", async () => {
  const created = await ok("action create both --sequence twice,/_/next,/guest/twice");
  assert.equal(created, "ok: created action both\n");
  assert.deepEqual(JSON.parse(await ok("action invoke both --result -p n 3")), { n: 14 });
  assert.equal(await ok("action update both next,twice --sequence"), "ok: updated action both\n");
  assert.deepEqual(JSON.parse(await ok("action invoke both --result -p n 3")), { n: 8 });
  const [, ...shown] = (await ok("action get both exec")).split("\n");
  assert.deepEqual(JSON.parse(shown.join("\n")), {
    kind: "sequence",
    components: ["/guest/next", "/guest/twice"],
  });
  assert.match(await ok("action list"), /^\/guest\/both +private sequence$/m);
});

test("a sequence has no code to be saved", async () => {
  await ok("action create codeless --sequence twice");
  const { code, stderr } = await cli("action get codeless --save");
  assert.equal(code, 2);
  assert.match(stderr, /it has no code that could be saved/);
});

test("a sequence may be copied", async () => {
  await ok("action create original --sequence twice,next");
  await ok("action create copied original --copy");
  assert.deepEqual(JSON.parse(await ok("action invoke copied --result -p n 1")), { n: 3 });
});

const WRONG = {
  "action create none --sequence": /--sequence needs a list of actions/,
  "action create none --sequence twice --kind nodejs:24": /--sequence goes without --kind/,
  "action create none --sequence twice --copy": /--sequence goes without/,
  "action create none --sequence twice,,next": /'' is not a valid name/,
  "action create none --sequence missing": /Sequence component does not exist\./,
};

for (const [typed, said] of Object.entries(WRONG)) {
  test(`${typed} is refused with a sentence`, async () => {
    const { code, stderr } = await cli(typed);
    assert.notEqual(code, 0);
    assert.match(stderr, said);
  });
}
