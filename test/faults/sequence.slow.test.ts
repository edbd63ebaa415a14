// Sequences and compositions under `kill -9` and stops: what was accepted gets exactly one record, and no
// part runs twice.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { putSequence, readParts } from "../api/composed.ts";
import {
  type ActivationRecord,
  annotationOf,
  invoke,
  putAction,
  readActivation,
  waitFor,
} from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { createRandom } from "./random.ts";
import { openTestDirectory } from "./test-directory.ts";

const ARGS = ["--driver", "process", "--stem-cells", "0"];
const ROUNDS = 4;
const ACCEPTED = 60;
const SEEDS = 2 ** 31;

test("after kill -9 each accepted sequence and composition has one record, and no part ran twice", async (context) => {
  await using directory = await openTestDirectory();
  const seed = Math.floor(Math.random() * SEEDS);
  context.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  const { data } = directory;
  const runs = join(data, "runs");
  const ids: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await using brisk = await startBrisk({ data, args: ARGS });
    if (round === 0) await putWholes(brisk, runs);
    ids.push(...(await acceptAndKill(brisk, random.below(ACCEPTED))));
  }
  await using brisk = await startBrisk({ data, args: ARGS });
  const seen = { success: 0, abandoned: 0 };
  for (const id of ids) seen[checkEnd(await readActivation(brisk, id))]++;
  context.diagnostic(JSON.stringify(seen));
  assert.ok(seen.success > 0);
  const ran = (await readFile(runs, "utf8")).trim().split("\n");
  assert.equal(new Set(ran).size, ran.length, "no part ran twice");
  for (const id of ran) await readActivation(brisk, id);
});

async function putWholes(brisk: Brisk, runs: string): Promise<void> {
  const code = `const fs = require("node:fs");
    exports.main = ({ n }) => {
      fs.appendFileSync(${JSON.stringify(runs)}, process.env.__OW_ACTIVATION_ID + "\\n");
      return { n: n + 1 };
    };`;
  await putAction(brisk, { name: "count", code });
  await putSequence(brisk, "inner", ["count", "count"]);
  await putSequence(brisk, "sequence", ["count", "inner", "count"]);
  const conductor = `exports.main = ({ n, left = 4 }) => left === 0
    ? { n } : { action: "count", params: { n }, state: { left: left - 1 } };`;
  const annotations = [{ key: "conductor", value: true }];
  await putAction(brisk, { name: "composition", code: conductor, annotations });
}

async function acceptAndKill(brisk: Brisk, killAfter: number): Promise<readonly string[]> {
  const ids: string[] = [];
  const accept = async (n: number) => {
    const name = n % 2 === 0 ? "sequence" : "composition";
    const { status, json } = await invoke(brisk, name, { query: "", body: { n: 0 } });
    if (status === 202) ids.push((json as ActivationRecord).activationId);
    if (n === killAfter) brisk.child.kill("SIGKILL");
  };
  // Those that are sent when it is killed may or may not be answered.
  await Promise.allSettled(Array.from({ length: ACCEPTED }, (_, n) => accept(n)));
  await brisk.stop("SIGKILL");
  return ids;
}

function checkEnd(record: ActivationRecord): "success" | "abandoned" {
  const { status, result } = record.response;
  if (status === "success") {
    assert.deepEqual(result, { n: 4 });
    return "success";
  }
  assert.equal(annotationOf(record, "abandoned"), true, JSON.stringify(result));
  return "abandoned";
}

/** A sequence of one that waits for a file, and one that follows; it has begun when this resolves. */
async function beginHeld(brisk: Brisk): Promise<{ readonly id: string; release(): void }> {
  const [started, released] = [join(brisk.data, "started"), join(brisk.data, "released")];
  const code = `const fs = require("node:fs");
    exports.main = ({ n }) => new Promise((done) => {
      fs.writeFileSync(${JSON.stringify(started)}, "");
      setInterval(() => fs.existsSync(${JSON.stringify(released)}) && done({ n }), 5);
    });`;
  await putAction(brisk, { name: "held", code });
  await putAction(brisk, { name: "next", code: "exports.main = ({ n }) => ({ n: n + 1 })" });
  await putSequence(brisk, "held-first", ["held", "next", "next"]);
  const { json } = await invoke(brisk, "held-first", { query: "", body: { n: 1 } });
  await waitFor(() => existsSync(started) || undefined);
  return {
    id: (json as ActivationRecord).activationId,
    release: () => writeFileSync(released, ""),
  };
}

test("a stop lets a sequence that has begun come to its end, with the parts that are still to run", async () => {
  await using directory = await openTestDirectory();
  const { data } = directory;
  let id: string;
  {
    await using brisk = await startBrisk({ data, args: ARGS });
    const held = await beginHeld(brisk);
    id = held.id;
    const stopped = brisk.stop();
    await waitFor(() => brisk.stderr().includes("a second signal stops at once") || undefined);
    held.release();
    assert.equal(await stopped, 0, brisk.stderr());
  }
  await using brisk = await startBrisk({ data, args: ARGS });
  const record = await readActivation(brisk, id);
  assert.deepEqual(record.response.result, { n: 3 });
  assert.equal((await readParts(brisk, record)).length, 3);
});

test("a stop that may not wait records a sequence that has begun as abandoned, once", async () => {
  await using directory = await openTestDirectory();
  const { data } = directory;
  let id: string;
  {
    await using brisk = await startBrisk({ data, args: [...ARGS, "--stop-wait", "0"] });
    id = (await beginHeld(brisk)).id;
    assert.equal(await brisk.stop(), 0, brisk.stderr());
  }
  await using brisk = await startBrisk({ data, args: ARGS });
  assert.equal(checkEnd(await readActivation(brisk, id)), "abandoned");
});
