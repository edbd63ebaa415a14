// What stays on the machine of actions that leave as much behind as they can: nothing, after a storm of
// them, after a stop, and after the platform was killed and started again.

import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { invoke, putAction, waitFor } from "../api/fixture.ts";
import { openTestDirectory } from "../faults/test-directory.ts";
import { type Brisk, startBrisk } from "../harness.ts";

/** Room for two containers, so that the actions of a storm displace each other's. */
const ARGS = ["--driver", "sandbox", "--memory", "256", "--stem-cells", "0"];
const ACTIONS = 4;
const ROUNDS = 3;

/** Leaves processes of its own session behind, and files; some of it ends well and some does not. */
const LITTER = `
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const main = ({ n, mark }) => {
  const loop = ["-c", "while :; do read -r line; done # " + mark];
  spawn("/bin/sh", loop, { detached: true, stdio: ["pipe", "ignore", "ignore"] }).unref();
  for (const path of ["/tmp", "/action", "/dev/shm"]) fs.writeFileSync(path + "/litter" + n, mark);
  if (n % 3 === 1) process.exit(1);
  return n % 3 === 2 ? new Promise(() => {}) : { n };
};`;

interface Process {
  readonly id: string;
  readonly parent: string;
  readonly command: string;
  /** Together with the id it names a process for good. */
  readonly startedAt: string;
}

function listProcesses(): Process[] {
  return readdirSync("/proc").flatMap((id) => {
    if (!/^\d+$/.test(id)) return [];
    try {
      const stat = readFileSync(`/proc/${id}/stat`, "latin1");
      const [state, parent = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") return [];
      const command = readFileSync(`/proc/${id}/cmdline`, "latin1").replaceAll("\0", " ");
      return [{ id, parent, command, startedAt: rest[17] ?? "" }];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

/** What one platform has on the machine. */
interface Traces {
  /** The last part of its control groups' names. */
  readonly instance: string;
  readonly processes: readonly Process[];
}

function findTraces({ child }: Brisk): Traces {
  const all = listProcesses();
  const processes = all.filter(({ id }) => id === String(child.pid));
  for (const { id } of processes) processes.push(...all.filter(({ parent }) => parent === id));
  const groups = processes.flatMap(({ id }) => /brisk-(\w+)\//.exec(readGroups(id))?.[1] ?? []);
  const [instance] = groups;
  assert.ok(instance !== undefined, "a container has its control group");
  return { instance, processes };
}

function readGroups(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cgroup`, "utf8");
  } catch {
    return "";
  }
}

/** Everything of it that is still there, in words. */
function listLeft({ instance, processes }: Traces, mark: string): string[] {
  const same = (one: Process) =>
    processes.some((other) => one.id === other.id && one.startedAt === other.startedAt);
  const alive = listProcesses()
    .filter((each) => same(each) || each.command.includes(mark))
    .map(({ id, command }) => `process ${id}: ${command}`);
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(instance) || line.includes(mark));
  const groups = globSync(`/sys/fs/cgroup/**/brisk-${instance}`);
  return [...alive, ...mounts, ...groups, ...globSync(`/run/brisk/${instance}`)];
}

/** Invocations of several actions at once, all of which have ended when it resolves. */
async function storm(brisk: Brisk, mark: string): Promise<void> {
  const limits = { timeout: 400, memory: 128 };
  const names = Array.from({ length: ACTIONS }, (_, n) => `litter-${n}`);
  await Promise.all(names.map((name) => putAction(brisk, { name, code: LITTER, limits })));
  for (let n = 0; n < ROUNDS; n++) {
    const sent = names.map((name) => invoke(brisk, name, { body: { n, mark } }));
    for (const { status } of await Promise.all(sent)) assert.ok(status === 200 || status === 502);
  }
}

function countMarked(mark: string): number {
  return listProcesses().filter(({ command }) => command.includes(`# ${mark}`)).length;
}

test("what ended badly is gone at once, and what ended well with its container", async () => {
  const mark = `litter-of-${process.pid}-storm`;
  await using brisk = await startBrisk({ args: ARGS });
  await storm(brisk, mark);
  // Two containers may be kept warm, each with what its first run left in it.
  await waitFor(() => countMarked(mark) <= 2 || undefined);
});

test("a stop leaves nothing behind", async () => {
  const mark = `litter-of-${process.pid}-stop`;
  await using directory = await openTestDirectory();
  await using brisk = await startBrisk({ data: directory.data, args: ARGS });
  await storm(brisk, mark);
  await invoke(brisk, "litter-0", { body: { n: 0, mark } });
  const traces = findTraces(brisk);
  const files = readdirSync(directory.data).sort();
  assert.equal(await brisk.stop(), 0, brisk.stderr());
  assert.deepEqual(listLeft(traces, mark), []);
  // The databases' side files go with the process.
  const kept = files.filter((name) => !/-(journal|shm|wal)$/.test(name));
  assert.deepEqual(readdirSync(directory.data).sort(), kept);
});

test("a platform that was killed leaves nothing behind but what the next one sweeps", async () => {
  const mark = `litter-of-${process.pid}-kill`;
  await using directory = await openTestDirectory();
  let traces: Traces;
  {
    await using brisk = await startBrisk({ data: directory.data, args: ARGS });
    await putAction(brisk, { name: "litter", code: LITTER, limits: { memory: 128 } });
    await invoke(brisk, "litter", { body: { n: 0, mark } });
    traces = findTraces(brisk);
    assert.ok(countMarked(mark) > 0);
    await brisk.stop("SIGKILL");
  }
  // The containers die with it, without anybody's help.
  await waitFor(() => countMarked(mark) === 0 || undefined);
  await using brisk = await startBrisk({ data: directory.data, args: ARGS });
  assert.equal(await brisk.stop(), 0, brisk.stderr());
  assert.deepEqual(listLeft(traces, mark), []);
});
