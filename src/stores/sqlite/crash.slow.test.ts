// Nothing accepted is lost and nothing runs twice, whenever the process is killed: bus, record journal
// and SQLite together.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openJournalBus } from "../../bus/journal.ts";
import { systemClock } from "../../kernel/clock.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import { GB } from "../../kernel/units.ts";
import { openSqliteStores } from "./open.ts";

const ROUNDS = 12;
const KILL_AFTER_MS_MAX = 150;
const FIXTURE = new URL("./crash-fixture.ts", import.meta.url).pathname;

/** What all processes together have said. */
interface Said {
  readonly accepted: Set<string>;
  readonly ran: string[];
  readonly recorded: Set<string>;
}

/** Kills it at a random moment after its first words. */
async function runAndKill(directory: string, said: Said): Promise<void> {
  const child = spawn(process.execPath, ["--no-warnings", FIXTURE, directory], {
    stdio: ["ignore", "pipe", "inherit"],
    // Its start takes a third of the time where the sources are stripped of their types already.
    env: { NODE_COMPILE_CACHE: join(directory, "cache") },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  // One that ends by itself may never have said anything.
  await Promise.race([once(child.stdout, "data"), closed]);
  await setTimeout(Math.random() * KILL_AFTER_MS_MAX);
  child.kill("SIGKILL");
  const [, signal] = (await closed) as [number, string];
  assert.equal(signal, "SIGKILL", "it ends by being killed only");
  for (const line of output.split("\n").slice(0, -1)) {
    const [step, id = ""] = line.split(" ");
    if (step === "ran") said.ran.push(id);
    else said[step as "accepted" | "recorded"].add(id);
  }
}

/** Messages that are left, and whether they had started. */
async function readLeft(directory: string): Promise<ReadonlyMap<string, boolean>> {
  const bounds = { messagesMax: 10_000, bytesMax: GB };
  await using bus = openJournalBus({
    directory: join(directory, "bus"),
    clock: systemClock,
    ...bounds,
  });
  const left = new Map<string, boolean>();
  const count = bus.waiting("t");
  await new Promise<void>((resolve) => {
    if (count === 0) resolve();
    bus.subscribe({
      topic: "t",
      inFlightMax: count + 1,
      deliver: ({ message, startedBefore }) => {
        left.set(message.toString(), startedBefore);
        if (left.size === count) resolve();
      },
    });
  });
  return left;
}

test("killed at any moment, what was accepted has one record or is still to be settled", async () => {
  const directory = mkdtempSync(join(tmpdir(), "brisk-crash-"));
  const said: Said = { accepted: new Set(), ran: [], recorded: new Set() };
  try {
    for (let round = 0; round < ROUNDS; round++) await runAndKill(directory, said);
    const left = await readLeft(directory);
    await using stores = await openSqliteStores(directory);
    const has = (id: string) => stores.activations.has(id as ActivationId);
    for (const id of said.recorded) assert.ok(await has(id), `${id} is recorded`);
    for (const id of said.accepted) assert.ok(left.has(id) || (await has(id)), `${id} is known`);
    const ran = new Set(said.ran);
    assert.equal(ran.size, said.ran.length, "nothing ran twice");
    for (const [id, started] of left) assert.ok(started || !ran.has(id), `${id} had started`);
    assert.ok(said.recorded.size > ROUNDS, `${said.recorded.size} are recorded`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
