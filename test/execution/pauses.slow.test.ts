// What an action leaves running after its answer: it gets no processor until the action is invoked again,
// and a container that is paused can be taken, displaced, stopped and killed like any other.

import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type ActivationRecord, invoke, putAction, waitFor } from "../api/fixture.ts";
import { openTestDirectory } from "../faults/test-directory.ts";
import { type Brisk, startBrisk } from "../harness.ts";

/** Room for two small containers, as one namespace does not get all of it. */
const ARGS = ["--driver", "sandbox", "--memory", "512", "--stem-cells", "0"];
const LIMITS = { memory: 128, timeout: 2000 };
const INTERVAL_MS = 1;

/** Counts on after its answer, at most once a millisecond. */
function toCounting(mark: string): string {
  return `let count = 0;
  const main = () => {
    process.title = "${mark}";
    if (count === 0) setInterval(() => count++, ${INTERVAL_MS});
    return { count };
  };`;
}

function readProcess(id: string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, "latin1");
  } catch {
    return ""; // It has ended meanwhile.
  }
}

function findMarked(mark: string): string[] {
  return readdirSync("/proc").filter(
    (id) => /^\d+$/.test(id) && readProcess(id, "cmdline").includes(mark),
  );
}

/** Nanoseconds on the processor, and how often it was given to it (proc(5), `schedstat`). */
function readSpent(mark: string): string {
  const [id = ""] = findMarked(mark);
  return readProcess(id, "schedstat");
}

/** Looks, 10 ms apart, at which one that wants to run every millisecond has not run. */
const STILL_LOOKS = 10;

async function untilPaused(mark: string): Promise<string> {
  let before = "";
  let still = 0;
  return await waitFor(() => {
    const spent = readSpent(mark);
    still = spent === before ? still + 1 : 0;
    before = spent;
    return still >= STILL_LOOKS && spent !== "" ? spent : undefined;
  });
}

async function count(brisk: Brisk, name: string): Promise<number> {
  const { status, json, text } = await invoke(brisk, name);
  assert.equal(status, 200, text);
  return ((json as ActivationRecord).response.result as { count: number }).count;
}

async function start(mark: string, data?: string): Promise<Brisk> {
  const brisk = await startBrisk({ args: ARGS, ...(data === undefined ? {} : { data }) });
  await putAction(brisk, { name: "counting", code: toCounting(mark), limits: LIMITS });
  await putAction(brisk, { name: "other", code: "const main = () => ({})", limits: LIMITS });
  return brisk;
}

test("what goes on after the answer stops a moment later, until the next invocation", async () => {
  const mark = `pauses-${process.pid}-count`;
  await using brisk = await start(mark);
  let last = await count(brisk, "counting");
  for (let round = 0; round < 3; round += 1) {
    const answeredAt = performance.now();
    const spent = await untilPaused(mark);
    const ranMsMax = performance.now() - answeredAt;
    for (let n = 0; n < 100; n += 1) await invoke(brisk, "other");
    assert.equal(readSpent(mark), spent);
    const next = await count(brisk, "counting");
    assert.ok(next > last, "it is the same container, and what it left goes on");
    assert.ok(next - last <= ranMsMax / INTERVAL_MS + 1, `${next - last} in ${ranMsMax} ms`);
    last = next;
  }
});

test("a paused container gives way to another action", async () => {
  const mark = `pauses-${process.pid}-evict`;
  await using brisk = await start(mark);
  await count(brisk, "counting");
  await untilPaused(mark);
  const code = "const main = () => ({ large: true })";
  await putAction(brisk, { name: "large", code, limits: { memory: 512 } });
  assert.equal((await invoke(brisk, "large")).status, 200);
  await waitFor(() => findMarked(mark).length === 0 || undefined);
  assert.equal(await count(brisk, "counting"), 0);
});

test("a stop ends paused containers, and leaves nothing of them", async () => {
  const mark = `pauses-${process.pid}-stop`;
  await using brisk = await start(mark);
  await count(brisk, "counting");
  await untilPaused(mark);
  const instance = readInstance(mark);
  assert.equal(await brisk.stop(), 0, brisk.stderr());
  assert.deepEqual([...findMarked(mark), ...findGroups(instance)], []);
});

test("a platform that is killed takes its paused containers with it, and the next one sweeps", async () => {
  const mark = `pauses-${process.pid}-kill`;
  await using directory = await openTestDirectory();
  let instance: string;
  {
    await using brisk = await start(mark, directory.data);
    await count(brisk, "counting");
    await untilPaused(mark);
    instance = readInstance(mark);
    await brisk.stop("SIGKILL");
  }
  // In version 1's freezer nothing dies: it is left to the next start.
  const diesPaused = findGroups(instance).some((group) => existsSync(`${group}/cgroup.freeze`));
  if (diesPaused) await waitFor(() => findMarked(mark).length === 0 || undefined);
  assert.notDeepEqual(findGroups(instance), []);
  await using brisk = await start(mark, directory.data);
  assert.equal(await count(brisk, "counting"), 0);
  assert.equal(await brisk.stop(), 0, brisk.stderr());
  assert.deepEqual([...findMarked(mark), ...findGroups(instance)], []);
});

function readInstance(mark: string): string {
  const [id = ""] = findMarked(mark);
  const [, instance] = /brisk-(\w+)\//.exec(readProcess(id, "cgroup")) ?? [];
  assert.ok(instance !== undefined, "a container has its control group");
  return instance;
}

function findGroups(instance: string): string[] {
  return globSync(`/sys/fs/cgroup/**/brisk-${instance}`);
}
