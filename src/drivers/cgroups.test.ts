import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type CgroupPlaces, readCgroupPlaces } from "./cgroup-places.ts";
import { openCgroups } from "./cgroups.ts";
import { waitFor } from "./driver-fixture.ts";
import { listGroups } from "./sandbox-fixture.ts";

const HYBRID = `\
31 24 0:27 / /sys/fs/cgroup/memory rw,relatime shared:1 - cgroup cgroup rw,memory
32 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
33 24 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
34 1 254:0 / / rw - ext4 /dev/vda rw`;
const UNIFIED = "29 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
const IN_DOCKER = "29 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup cgroup rw,memory";

test("finds the process's own groups in every layout", () => {
  const hybrid = readCgroupPlaces(HYBRID, "3:cpu,cpuacct:/\n2:memory:/a:b/c\n0::/init.scope\n");
  assert.deepEqual(Object.fromEntries(hybrid.own), {
    cpu: "/sys/fs/cgroup/cpu,cpuacct",
    cpuacct: "/sys/fs/cgroup/cpu,cpuacct",
    memory: "/sys/fs/cgroup/memory/a:b/c",
    "": "/sys/fs/cgroup/unified/init.scope",
  });
  const unified = readCgroupPlaces(UNIFIED, "0::/system.slice/brisk.service\n");
  assert.deepEqual(Object.fromEntries(unified.own), {
    "": "/sys/fs/cgroup/system.slice/brisk.service",
  });
  assert.equal(unified.unifiedMount, "/sys/fs/cgroup");
  const inDocker = readCgroupPlaces(IN_DOCKER, "2:memory:/docker/abc\n");
  assert.equal(inDocker.own.get("memory"), "/sys/fs/cgroup");
  assert.deepEqual(readCgroupPlaces("", "0::/\n"), { own: new Map(), unifiedMount: undefined });
});

test("removing a group kills what is in it, and closing removes all", async () => {
  const instance = `test-${process.pid}`;
  const cgroups = await openCgroups(instance);
  assert.ok(cgroups, "this test needs a machine on which control groups can be written");
  cgroups.anticipate();
  const limits = { memoryMb: 64, cpuShares: 128, processesMax: 16 };
  const group = await cgroups.create("one", limits);
  await cgroups.create("two", limits);
  const child = spawn("/bin/sh", ["-c", "sleep 1000"], { stdio: "ignore" });
  await group.attach(child.pid ?? 0);
  assert.equal(await group.countMemoryKills(), 0);
  await Promise.all([group.remove(), once(child, "exit")]);
  assert.equal(child.signalCode, "SIGKILL");
  assert.notDeepEqual(listGroups(instance), []);
  await cgroups[Symbol.asyncDispose]();
  assert.deepEqual(listGroups(instance), []);
});

/** Nanoseconds that a process has had the processor (proc(5), `schedstat`). */
function readSpent(id: number): number {
  return Number(readFileSync(`/proc/${id}/schedstat`, "latin1").split(" ")[0]);
}

/** One that burns the processor does not leave it but frozen: it sleeps then, or is said to be `D`. */
function isStopped(id: number): boolean {
  return /^State:\t[^R]/m.test(readFileSync(`/proc/${id}/status`, "latin1"));
}

/** This machine's places, such that one of the freezers is not found. */
const FREEZERS = ["", "freezer"].filter((each) => readCgroupPlaces().own.has(each));
function placesWith(freezer: string): CgroupPlaces {
  const { own, unifiedMount } = readCgroupPlaces();
  const others = [...own].filter(
    ([place]) => place === freezer || !["", "freezer"].includes(place),
  );
  return { own: new Map(others), unifiedMount };
}

for (const freezer of FREEZERS) {
  const version = freezer === "" ? 2 : 1;
  const limits = { memoryMb: 64, cpuShares: 128, processesMax: 16 };
  const open = async (instance: string) => {
    const cgroups = await openCgroups(instance, placesWith(freezer));
    assert.equal(cgroups?.canFreeze, true);
    assert.ok(cgroups);
    return cgroups;
  };
  const burn = () => spawn("/bin/sh", ["-c", "while :; do :; done"], { stdio: "ignore" });

  test(`version ${version}'s freezer stops a group and lets it go on`, async () => {
    const instance = `test-freeze-${process.pid}-${version}`;
    const cgroups = await open(instance);
    const group = await cgroups.create("one", limits);
    const child = burn();
    const id = child.pid ?? 0;
    await group.attach(id);
    group.thaw();
    for (let round = 0; round < 3; round += 1) {
      group.freeze();
      await waitFor("it to stop", () => isStopped(id));
      const spent = readSpent(id);
      group.freeze();
      assert.equal(readSpent(id), spent);
      group.thaw();
      await waitFor("it to go on", () => readSpent(id) > spent);
    }
    group.freeze();
    await Promise.all([group.remove(), once(child, "exit")]);
    assert.equal(child.signalCode, "SIGKILL");
    group.freeze();
    group.thaw();
    await cgroups[Symbol.asyncDispose]();
    assert.deepEqual(listGroups(instance), []);
  });

  test(`what was left frozen in version ${version}'s freezer is swept at the next start`, async () => {
    const instance = `test-left-${process.pid}-${version}`;
    const left = await open(instance);
    const group = await left.create("one", limits);
    const child = burn();
    const ended = once(child, "exit");
    await group.attach(child.pid ?? 0);
    group.freeze();
    const start = performance.now();
    const cgroups = await open(instance);
    await ended;
    assert.ok(performance.now() - start < 2000, "nothing has waited for it in vain");
    await cgroups[Symbol.asyncDispose]();
    assert.deepEqual(listGroups(instance), []);
  });
}
