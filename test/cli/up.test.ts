// How `brisk up` starts and ends as a command: what stops it is a sentence, and then it really ends.

import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { startBrisk } from "../harness.ts";
import { createDirectory, PROGRAM, runCommand } from "./command.ts";

test("a port that is taken ends the start with exit code 2", async () => {
  using data = createDirectory();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { code, stdout, stderr } = await runCommand([
    ...["up", "--port", String(port), "--data", data.path, "--driver", "process"],
  ]);
  server.close();
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(
    stderr,
    new RegExp(`^error: Cannot listen on 127\\.0\\.0\\.1, port ${port}: .+$`, "m"),
  );
});

test("a directory that cannot be made ends the start with exit code 2", async () => {
  for (const data of ["/proc/none", "/etc/hostname"]) {
    const { code, stdout, stderr } = await runCommand(["up", "--port", "0", "--data", data]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, new RegExp(`^error: The data directory ${data} cannot be written: .+\n$`));
  }
});

test("a directory that is in use ends the start of a second one, and a signal the first one's run", async () => {
  await using brisk = await startBrisk();
  const { code, stderr } = await runCommand(["up", "--port", "0", "--data", brisk.data]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    new RegExp(`^error: .+ is in use by brisk up at ${brisk.url}, process \\d+$`, "m"),
  );
  assert.equal(await brisk.stop("SIGTERM"), 0);
});

test("settings are read from brisk.json in the data directory, or from the file that is named", async () => {
  using data = createDirectory();
  const inDirectory = join(data.path, "brisk.json");
  writeFileSync(inDirectory, '{ "stem-cells": 65 }');
  const own = await runCommand(["up", "--data", data.path]);
  assert.equal(own.code, 2);
  assert.match(own.stderr, /^error: stem-cells in .+\/brisk\.json is "65", must be .+ 0 to 64/);

  const named = join(data.path, "other.json");
  writeFileSync(named, '{ "stem-cell": 1 }');
  const args = ["up", "--data", data.path];
  for (const run of [
    await runCommand([...args, "--config", named]),
    await runCommand(args, { env: { BRISK_CONFIG: named } }),
  ]) {
    assert.equal(run.code, 2);
    assert.match(run.stderr, /^error: "stem-cell" in .+other\.json is not a setting/);
  }
});

for (const [flag, value, why] of [
  ["--host", "0.0.0.0", "which others can reach, but actions would not be isolated here"],
  ["--deny-networks", "10.0.0.0/8", "which cannot be had: actions would not be isolated here"],
] as const) {
  test(`without isolation ${flag} ${value} ends the start`, async () => {
    using data = createDirectory();
    const args = ["up", "--port", "0", "--data", data.path, "--driver", "process", flag, value];
    const { code, stdout, stderr } = await runCommand(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.ok(stderr.includes(`error: ${flag} is "${value}", ${why}`), stderr);
  });
}

test("as the only user that there is, in a container of its own, it starts and isolates", async () => {
  using data = createDirectory();
  const program = join(data.path, "brisk");
  writeFileSync(program, `#!/bin/sh\nexec unshare --map-root-user "${PROGRAM}" "$@"\n`, {
    mode: 0o755,
  });
  await using brisk = await startBrisk({ program, args: ["--driver", "sandbox"] });
  const action = "/api/v1/namespaces/_/actions/one";
  const code = "const main = () => ({ user: process.getuid() })";
  await brisk.request("PUT", action, { body: { exec: { kind: "nodejs:default", code } } });
  const answer = await brisk.request("POST", `${action}?blocking=true&result=true`);
  assert.deepEqual(answer.json, { user: 1000 });
});
