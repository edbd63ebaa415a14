// A runtime as a user gets it: fetched with npm, used at once in a sandbox, and removed.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startAction } from "../drivers/driver-fixture.ts";
import { openSandboxes } from "../drivers/sandbox-fixture.ts";
import { installRuntime, removeRuntime } from "./install.ts";

test("an added kind runs actions, and is gone when it is removed", async () => {
  await using opened = await openSandboxes();
  const dataDirectory = opened.data.path;
  const progress: string[] = [];
  const installed = await installRuntime({
    dataDirectory,
    kind: "nodejs:22",
    onProgress: (text) => progress.push(text),
  });
  assert.match(installed.version, /^22\.\d+\.\d+$/);
  assert.equal(progress.at(-1), `nodejs:22 is Node ${installed.version}`);
  const code = "const main = (): object => ({ version: process.version })";
  await using action = await startAction(opened.driver, code, { kind: "nodejs:22" });
  assert.deepEqual(await action.result(), { version: `v${installed.version}` });
  removeRuntime(dataDirectory, "nodejs:22");
  assert.deepEqual(
    readdirSync(join(dataDirectory, "runtimes")).filter((name) => !name.startsWith("launcher-")),
    [],
  );
  await assert.rejects(startAction(opened.driver, code, { kind: "nodejs:22" }), /runtime add/);
});
