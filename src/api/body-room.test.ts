import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { MB } from "../kernel/units.ts";
import { BodyRoom } from "./body-room.ts";
import type { Exchange } from "./http.ts";

function exchangeOf(owner: string): Exchange {
  // Only what it is, and whose, matters to the room.
  return { request: {} as IncomingMessage, response: {} as ServerResponse, owner };
}

function open({ bytesMax = 256 * MB, waitMs = 60_000 } = {}) {
  const room = new BodyRoom({ bytesMax, waitMs });
  const entered: string[] = [];
  const take = (owner: string, mb: number) => {
    const exchange = exchangeOf(owner);
    const done = room.take(exchange, mb * MB).then(() => {
      entered.push(`${owner}${mb}`);
    });
    return { exchange, done };
  };
  return { room, entered, take };
}

/** All that is to be settled without anything more being done is, after a turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("everybody may have half of what the others leave", async () => {
  const { room, entered, take } = open();
  const first = [take("a", 64), take("a", 64), take("a", 1)];
  const next = [take("b", 64), take("b", 1), take("c", 32)];
  await turn();
  assert.deepEqual(entered, ["a64", "a64", "b64", "c32"]);
  for (const { exchange } of [...first, ...next]) room.free(exchange);
  await Promise.all([...first, ...next].map(({ done }) => done));
  assert.deepEqual(
    entered.slice(4).toSorted((one, other) => one.localeCompare(other)),
    ["a1", "b1"],
  );
});

test("an owner's wait in their order, and hold up nobody else's", async () => {
  const { room, entered, take } = open();
  const [first, ...waiting] = [take("a", 100), take("a", 50), take("a", 10)];
  const other = take("b", 50);
  await turn();
  assert.deepEqual(entered, ["a100", "b50"]);
  room.free(other.exchange);
  if (first !== undefined) room.free(first.exchange);
  await Promise.all(waiting.map(({ done }) => done));
  assert.deepEqual(entered, ["a100", "b50", "a50", "a10"]);
});

test("what finds no room in time is refused, and makes way for what is behind it", async () => {
  const { entered, take } = open({ waitMs: 50 });
  take("a", 100);
  const refused = take("a", 100).done;
  await new Promise((resolve) => setTimeout(resolve, 25));
  const behind = take("a", 10).done;
  await assert.rejects(refused, { code: "bodies-full" });
  await behind;
  assert.deepEqual(entered, ["a100", "a10"]);
});

test("an answer has the room of its request, and what it does not need is others'", async () => {
  const { room, entered, take } = open();
  const first = take("a", 100);
  take("a", 28);
  await turn();
  const waiting = take("a", 50);
  assert.ok(room.resize(first.exchange, 100 * MB + 1000));
  assert.ok(room.resize(first.exchange, 50 * MB));
  await waiting.done;
  assert.deepEqual(entered, ["a100", "a28", "a50"]);
  assert.ok(!room.resize(first.exchange, 51 * MB));
  assert.ok(!room.has(first.exchange));
});

test("what is freed twice is given back once", async () => {
  const { room, entered, take } = open();
  const first = take("a", 64);
  take("a", 64);
  await turn();
  room.free(first.exchange);
  room.free(first.exchange);
  take("a", 65).done.catch(() => {});
  await turn();
  assert.deepEqual(entered, ["a64", "a64"]);
});
