// A platform that is killed takes its containers with it, and the next one finds a clean machine.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import {
  findProcesses,
  openTestData,
  readCommand,
  startAction,
  waitFor,
} from "./driver-fixture.ts";
import { listGroups, openDriver } from "./sandbox-fixture.ts";

/** What the killed process runs: a container with a network, busy, with a process of its own. */
const PLATFORM = `
  const { openDriver } = await import(process.argv[1]);
  const { startAction } = await import(process.argv[2]);
  const { data, mark } = JSON.parse(process.argv[3]);
  const { openRuntimes } = await import(process.argv[4]);
  const options = { dataDirectory: data.path, publicFiles: data.shared.files, stemCells: [] };
  const driver = await openDriver({ ...data, launches: openRuntimes(options).launches }, { network: true });
  const code = "const main = () => { require('node:child_process').spawn('/bin/sh', " +
    "['-c', 'while :; do :; done # " + mark + "']); console.log('busy'); for (;;); }";
  const action = await startAction(driver, code, { network: true });
  action.container.onOutput(() => process.stdout.write("busy"));
  action.run({}, { timeoutMs: 60_000 });
`;

it("nothing of a killed platform stays on the machine", async () => {
  using data = openTestData();
  const mark = `7${process.pid}`;
  const file = (name: string) => new URL(name, import.meta.url).href;
  const child = spawn(
    process.execPath,
    [
      ...["--input-type=module", "-e", PLATFORM],
      ...[file("sandbox-fixture.ts"), file("driver-fixture.ts")],
      JSON.stringify({ data: { path: data.path, shared: data.shared }, mark }),
      file("../runtimes/runtimes.ts"),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  assert.equal(findProcesses(`# ${mark}`).length, 1);
  const networks = findProcesses("slirp4netns").filter((id) => isChildOf(id, child.pid));
  assert.equal(networks.length, 1);
  child.kill("SIGKILL");
  await once(child, "exit");
  await waitFor(
    "the container's processes to be gone",
    () => findProcesses(`# ${mark}`).length === 0,
  );
  await waitFor("its network to be gone", () => readCommand(networks[0] ?? "") === "");
  assert.notDeepEqual(listGroups(data.shared.instance), [], "its control groups are still there");

  const driver = await openDriver(data);
  await using action = await startAction(driver, "const main = () => ({ well: true })");
  assert.deepEqual(await action.result(), { well: true });
  await driver[Symbol.asyncDispose]();
  assert.deepEqual(listGroups(data.shared.instance), []);
});

function isChildOf(id: string, parent: number | undefined): boolean {
  return readFileSync(`/proc/${id}/status`, "utf8").includes(`PPid:\t${parent}\n`);
}
