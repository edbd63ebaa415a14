import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { readCgroupPlaces } from "./cgroup-places.ts";
import { openCgroups } from "./cgroups.ts";
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
