// How `brisk up` ends when it is asked to: what runs is finished, what waits is kept, whoever asked is
// answered, and the next start goes on from there.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  type ActivationRecord,
  annotationOf,
  invoke,
  putAction,
  readActivation,
  waitFor,
} from "../api/fixture.ts";
import { type Answer, type Brisk, startBrisk } from "../harness.ts";
import { openTestDirectory } from "./test-directory.ts";

/** One container at a time, so that what comes second waits. */
const NARROW = ["--driver", "process", "--memory", "256", "--stem-cells", "0"];
const WAITING = 20;

function idOf({ json }: Answer): string {
  return (json as ActivationRecord).activationId;
}

/** An action that says by a file that it runs, and ends when there is another. */
async function startHeld(brisk: Brisk) {
  const [started, released] = [join(brisk.data, "started"), join(brisk.data, "released")];
  const code = `const fs = require("node:fs");
    const main = ({ n }) => new Promise((done) => {
      fs.writeFileSync(${JSON.stringify(started)}, "");
      setInterval(() => fs.existsSync(${JSON.stringify(released)}) && done({ n }), 5);
    });`;
  await putAction(brisk, { name: "held", code });
  const answer = invoke(brisk, "held", { body: { n: 1 } });
  await waitFor(() => existsSync(started) || undefined);
  return { answer, release: () => writeFileSync(released, "") };
}

async function waitUntilStopping(brisk: Brisk): Promise<void> {
  await waitFor(() => brisk.stderr().includes("a second signal stops at once") || undefined);
}

/** Comes back when the platform has taken everything that was sent before. */
async function ping(brisk: Brisk): Promise<void> {
  assert.equal((await brisk.request("GET", "/ping")).status, 200);
}

const QUICK = "const main = ({ n }) => ({ n });";

test("a stop finishes what runs, keeps what waits, and answers everybody", async () => {
  await using directory = await openTestDirectory();
  const waiting: string[] = [];
  let given: string;
  {
    await using brisk = await startBrisk({ data: directory.data, args: NARROW });
    await putAction(brisk, { name: "quick", code: QUICK });
    const held = await startHeld(brisk);
    const queued = await Promise.all(
      Array.from({ length: WAITING }, (_, n) => invoke(brisk, "quick", { query: "", body: { n } })),
    );
    for (const answer of queued) {
      assert.equal(answer.status, 202);
      waiting.push(idOf(answer));
    }
    const waited = invoke(brisk, "quick", { body: { n: -1 } });
    // Only what was sent before the stop is owed an answer.
    await ping(brisk);
    const stopped = brisk.stop();
    await waitUntilStopping(brisk);
    held.release();
    const [finished, handedOver] = await Promise.all([held.answer, waited]);
    assert.equal(finished.status, 200, finished.text);
    assert.deepEqual((finished.json as ActivationRecord).response.result, { n: 1 });
    assert.equal(handedOver.status, 202, handedOver.text);
    given = idOf(handedOver);
    assert.equal(await stopped, 0, brisk.stderr());
  }
  await using brisk = await startBrisk({ data: directory.data, args: NARROW });
  for (const [n, id] of waiting.entries()) {
    assert.deepEqual((await readActivation(brisk, id)).response.result, { n });
  }
  assert.deepEqual((await readActivation(brisk, given)).response.result, { n: -1 });
});

test("a stop keeps what waits for a container that is being made", async () => {
  await using directory = await openTestDirectory();
  const args = ["--driver", "sandbox", "--stem-cells", "0"];
  const ids: string[] = [];
  {
    await using brisk = await startBrisk({ data: directory.data, args });
    const names = Array.from({ length: 6 }, (_, n) => `cold-${n}`);
    await Promise.all(names.map((name) => putAction(brisk, { name, code: QUICK })));
    const answers = await Promise.all(names.map((name) => invoke(brisk, name, { query: "" })));
    ids.push(...answers.map(idOf));
    assert.equal(await brisk.stop(), 0, brisk.stderr());
  }
  await using brisk = await startBrisk({ data: directory.data, args });
  for (const id of ids) {
    assert.equal((await readActivation(brisk, id)).response.status, "success");
  }
});

test("a stop waits no longer than its bound and records what it ended as abandoned", async () => {
  await using directory = await openTestDirectory();
  const args = [...NARROW, "--stop-wait", "0"];
  let id: string;
  {
    await using brisk = await startBrisk({ data: directory.data, args });
    id = await startForever(brisk);
    const answered = invoke(brisk, "forever");
    await ping(brisk);
    assert.equal(await brisk.stop(), 0, brisk.stderr());
    assert.equal((await answered).status, 202);
  }
  await using brisk = await startBrisk({ data: directory.data, args });
  checkAbandoned(await readActivation(brisk, id));
});

test("a second signal ends it at once, and the next start records what ran as abandoned", async () => {
  await using directory = await openTestDirectory();
  let id: string;
  {
    const args = [...NARROW, "--stop-wait", "3600"];
    await using brisk = await startBrisk({ data: directory.data, args });
    id = await startForever(brisk);
    brisk.child.kill("SIGTERM");
    await waitUntilStopping(brisk);
    assert.equal(await brisk.stop("SIGINT"), 1);
  }
  await using brisk = await startBrisk({ data: directory.data, args: NARROW });
  checkAbandoned(await readActivation(brisk, id));
});

/** @returns its activation, which runs when this resolves */
async function startForever(brisk: Brisk): Promise<string> {
  const marker = join(brisk.data, "runs");
  const code = `const main = () => { require("node:fs").writeFileSync(${JSON.stringify(marker)}, ""); return new Promise(() => {}); };`;
  await putAction(brisk, { name: "forever", code });
  const answer = await invoke(brisk, "forever", { query: "" });
  await waitFor(() => existsSync(marker) || undefined);
  return idOf(answer);
}

function checkAbandoned(record: ActivationRecord): void {
  assert.equal(record.response.status, "whisk internal error");
  assert.match(JSON.stringify(record.response.result), /was abandoned/);
  assert.equal(annotationOf(record, "abandoned"), true);
}

test("work that is older than its setting at a start is recorded as expired", async () => {
  await using directory = await openTestDirectory();
  const ids: string[] = [];
  {
    await using brisk = await startBrisk({
      data: directory.data,
      args: [...NARROW, "--stop-wait", "0"],
    });
    await startForever(brisk);
    await putAction(brisk, { name: "quick", code: QUICK });
    for (let n = 0; n < 3; n++) ids.push(idOf(await invoke(brisk, "quick", { query: "" })));
    assert.equal(await brisk.stop(), 0, brisk.stderr());
  }
  const args = [...NARROW, "--restart-work-age", "0"];
  await using brisk = await startBrisk({ data: directory.data, args });
  for (const id of ids) {
    const record = await readActivation(brisk, id);
    assert.equal(annotationOf(record, "expired"), true);
    assert.match(JSON.stringify(record.response.result), /expired/);
  }
});
