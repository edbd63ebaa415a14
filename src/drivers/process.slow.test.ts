import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { it } from "node:test";
import { describeAhead } from "./ahead.contract.ts";
import { spawnPlatform } from "./crash-fixture.ts";
import { describeDriver } from "./driver.contract.ts";
import { findProcesses, openTestData, startAction, waitFor } from "./driver-fixture.ts";
import { openProcessDriver } from "./process.ts";
import { describeStreaming } from "./streaming.contract.ts";

async function open() {
  const data = openTestData();
  const directory = join(data.path, "process");
  let url = "";
  const { launches } = data;
  const driver = await openProcessDriver({ launches, directory, apiHost: () => url });
  return {
    driver,
    directory,
    serveApi: async (server: Server) => {
      await once(server.listen(0, "127.0.0.1"), "listening");
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    [Symbol.asyncDispose]: async () => {
      await driver[Symbol.asyncDispose]();
      data[Symbol.dispose]();
    },
  };
}

describeStreaming("process", open);
describeAhead("process", open);
describeDriver("process", open, {
  memoryOutsideHeap: "without control groups only the interpreter limits itself, and only its heap",
});

it("says that nothing is isolated", async () => {
  await using opened = await open();
  assert.equal(opened.driver.isolation, "none");
  assert.match(opened.driver.notices.join(), /not isolated.*apt-get install bubblewrap/);
});

it("removes a container's directory, and what an earlier process left", async () => {
  using data = openTestData();
  const directory = join(data.path, "process");
  const left = join(directory, "7", "action");
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "file"), "");
  const { launches } = data;
  await using driver = await openProcessDriver({ launches, directory, apiHost: () => "" });
  assert.equal(existsSync(left), false);
  const action = await startAction(driver, "const main = () => ({ cwd: process.cwd() })");
  const cwd = String((await action.result())["cwd"]);
  assert.equal(existsSync(cwd), true);
  await action.container.destroy();
  assert.equal(existsSync(cwd), false);
});

it("ends at its start what a killed platform has left running", async () => {
  using data = openTestData();
  const mark = `6${process.pid}`;
  const platform = await spawnPlatform("process", data, mark);
  assert.equal(findProcesses(`# ${mark}`).length, 1);
  platform.kill("SIGKILL");
  await once(platform, "exit");
  const directory = join(data.path, "process");
  const { launches } = data;
  await using _ = await openProcessDriver({ launches, directory, apiHost: () => "" });
  await waitFor("the action's processes to be gone", () => findProcesses(`# ${mark}`).length === 0);
});
