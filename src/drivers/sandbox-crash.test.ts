// A platform that is killed takes its containers with it, and the next one finds a clean machine.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { spawnPlatform } from "./crash-fixture.ts";
import {
  findProcesses,
  openTestData,
  readCommand,
  startAction,
  waitFor,
} from "./driver-fixture.ts";
import { SANDBOX_PROGRAM } from "./sandbox-command.ts";
import { diesPaused, listGroups, openDriver } from "./sandbox-fixture.ts";

it("nothing of a killed platform stays on the machine", async () => {
  using data = openTestData();
  const mark = `7${process.pid}`;
  const platform = await spawnPlatform("sandbox", data, mark);
  const count = () => findProcesses(`# ${mark}`).length + findProcesses(`# idle${mark}`).length;
  assert.equal(count(), 2);
  const networks = findProcesses("slirp4netns").filter((id) => isChildOf(id, platform.pid));
  assert.equal(networks.length, 1);
  platform.kill("SIGKILL");
  await once(platform, "exit");
  const left = diesPaused(data.shared.instance) ? 0 : 1;
  await waitFor("the actions' processes to be gone", () => count() === left);
  await waitFor("its network to be gone", () => readCommand(networks[0] ?? "") === "");
  assert.notDeepEqual(listGroups(data.shared.instance), [], "its control groups are still there");

  const driver = await openDriver(data);
  assert.equal(count(), 0);
  await using action = await startAction(driver, "const main = () => ({ well: true })");
  assert.deepEqual(await action.result(), { well: true });
  await driver[Symbol.asyncDispose]();
  assert.deepEqual(listGroups(data.shared.instance), []);
});

it("what a killed platform was just making is ended by the next one", async () => {
  using data = openTestData();
  // As killed in between: its socket is there, and a sandbox that waits to be let go.
  const { sockets } = data.shared;
  writeFileSync(join(sockets, "http.sock"), "");
  const isolated = ["--unshare-user", "--unshare-pid", "--ro-bind", "/", "/"];
  const args = [...isolated, "--ro-bind", sockets, "/mnt", "--block-fd", "3", "/bin/true"];
  using left = spawn(SANDBOX_PROGRAM, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const ended = once(left, "exit");
  const inner = () => findProcesses(sockets).filter((id) => isChildOf(id, left.pid));
  await waitFor("its inner process", () => inner().length === 1);
  const [innerId = ""] = inner();
  const driver = await openDriver(data);
  await ended;
  await waitFor("its inner process to be gone", () => readCommand(innerId) === "");
  await using action = await startAction(driver, "const main = () => ({ well: true })");
  assert.deepEqual(await action.result(), { well: true });
  await driver[Symbol.asyncDispose]();
});

function isChildOf(id: string, parent: number | undefined): boolean {
  return readFileSync(`/proc/${id}/status`, "utf8").includes(`PPid:\t${parent}\n`);
}
