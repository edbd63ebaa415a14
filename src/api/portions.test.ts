import assert from "node:assert/strict";
import { test } from "node:test";
import { KB, MB } from "../kernel/units.ts";
import { type Body, isForPortions, toLength, toPortions } from "./portions.ts";

async function collect(body: Body): Promise<readonly Uint8Array[]> {
  const portions: Uint8Array[] = [];
  for await (const portion of toPortions(body)) portions.push(portion);
  return portions;
}

test("the portions of a text are its UTF-8, wherever pairs of surrogates stand", async () => {
  for (const odd of ["", "a", "ä", "€a"]) {
    const text = `${odd}${"😀".repeat(200 * KB)}${odd}`;
    const portions = await collect(text);
    assert.ok(portions.length >= 3);
    assert.ok(Buffer.concat(portions).equals(Buffer.from(text)));
  }
});

test("halves of pairs at the end of a portion cost no others", async () => {
  const text = `${"a".repeat(128 * KB - 1)}\ud83dbcd\ud83d`;
  assert.equal(Buffer.concat(await collect(text)).toString(), text.toWellFormed());
});

test("bytes, in however many pieces, come as they are", async () => {
  const pieces = [Buffer.from("head"), Buffer.alloc(300 * KB, "x"), Buffer.from("tail")];
  const portions = await collect(pieces);
  assert.deepEqual(
    portions.map(({ length }) => length),
    [4, 128 * KB, 128 * KB, 44 * KB, 4],
  );
  assert.ok(Buffer.concat(portions).equals(Buffer.concat(pieces)));
  assert.equal(toLength(pieces), 300 * KB + 8);
});

test("an answer of common size goes at once", () => {
  assert.ok(!isForPortions("x".repeat(MB)));
  assert.ok(isForPortions("x".repeat(3 * MB)));
});
