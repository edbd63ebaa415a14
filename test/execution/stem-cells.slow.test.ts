// Stem cells: containers that wait without code. And containers that nobody needs any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActivationRecord, annotationOf, invoke, putAction, waitFor } from "../api/fixture.ts";
import { startBrisk } from "../harness.ts";

test("the first invocation of an action finds a container that is there already", async () => {
  await using brisk = await startBrisk({ args: ["--stem-cells", "1"] });
  const code = "const { uptime } = process; function main() { return { age: uptime() * 1000 } }";
  let attempt = 0;
  // The platform is ready before its stem cell is.
  await waitFor(async () => {
    const name = `first-${attempt++}`;
    await putAction(brisk, { name, code });
    const { json, status } = await invoke(brisk, name);
    assert.equal(status, 200);
    const record = json as ActivationRecord;
    const { age } = record.response.result as { age: number };
    const initMs = annotationOf(record, "initTime");
    assert.equal(typeof initMs, "number");
    // Its process had been there before the request came.
    return age > Number(annotationOf(record, "waitTime")) + Number(initMs) + 100 ? true : undefined;
  });
});

test("a container ends when it has been idle for as long as it may", async () => {
  await using brisk = await startBrisk({ args: ["--stem-cells", "0", "--idle-timeout", "1"] });
  await putAction(brisk, { name: "idle", code: "function main() { return { pid: 1 } }" });
  assert.equal((await invoke(brisk, "idle")).status, 200);
  const { pid } = brisk.child;
  const children = async () => {
    const { readFile } = await import("node:fs/promises");
    return (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim();
  };
  assert.notEqual(await children(), "");
  await waitFor(async () => ((await children()) === "" ? true : undefined));
});
