// What each may have of what all have together.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Shares } from "./shares.ts";

test("one has no more than half, and the next no more than half of the rest", () => {
  const shares = new Shares(1000);
  assert.ok(!shares.take("a", 501));
  assert.ok(shares.take("a", 500));
  assert.ok(!shares.take("a", 1));
  assert.ok(!shares.take("b", 251));
  assert.ok(shares.take("b", 250));
  assert.ok(shares.take("c", 125));
});

test("what is given back is there for all, and no more than was taken", () => {
  const shares = new Shares(1000);
  assert.ok(shares.take("a", 300));
  assert.ok(shares.take("a", 200));
  shares.giveBack("a", 600);
  shares.giveBack("c", 100);
  assert.ok(shares.take("b", 500));
  assert.ok(!shares.take("b", 1));
});
