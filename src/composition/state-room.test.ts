import assert from "node:assert/strict";
import { test } from "node:test";
import { StateRoom } from "./state-room.ts";

const LARGE = "x".repeat(10_000);

test("large states have as much room as there is, and again when one is given back", () => {
  const room = new StateRoom(25_000);
  assert.deepEqual([room.take(LARGE), room.take(LARGE), room.take(LARGE)], [true, true, false]);
  room.giveBack(LARGE);
  assert.deepEqual([room.take(LARGE), room.take(LARGE)], [true, false]);
});

test("small states always have room", () => {
  const room = new StateRoom(0);
  assert.equal(room.take("{}"), true);
  assert.equal(room.take(LARGE), false);
});
