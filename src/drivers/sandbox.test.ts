import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { describeAhead } from "./ahead.contract.ts";
import { describeDriver } from "./driver.contract.ts";
import { findProcesses, PATIENCE, startAction } from "./driver-fixture.ts";
import { describePauses } from "./pause.contract.ts";
import { diesPaused, listGroups, openSandboxes } from "./sandbox-fixture.ts";
import { describeStreaming } from "./streaming.contract.ts";

describeDriver("sandbox", openSandboxes);
describeStreaming("sandbox", openSandboxes);
describeAhead("sandbox", openSandboxes);
describePauses("sandbox", openSandboxes);

describe("the sandbox driver", () => {
  it("leaves nothing on the machine after a storm of containers", async () => {
    const opened = await openSandboxes();
    const { driver, data } = opened;
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          await using action = await startAction(driver, "const main = () => ({})");
          await action.result();
        }),
      );
    }
    const abandoned = await startAction(driver, "const main = () => ({})");
    abandoned.container.pause();
    const groups = listGroups(data.shared.instance);
    await opened[Symbol.asyncDispose]();
    await abandoned.container.ended;
    // Where control groups cannot be written, the driver has said so.
    assert.equal(groups.length > 0, driver.notices.length === 0);
    assert.deepEqual(listGroups(data.shared.instance), []);
    assert.equal(existsSync(data.path), false);
  });

  it("says in a sentence why a container cannot be started", async () => {
    await using opened = await openSandboxes();
    await assert.rejects(
      startAction(opened.driver, "", { kind: "nodejs:20" }),
      /The runtime nodejs:20 is not installed here: `brisk runtime add nodejs:20` adds it/,
    );
  });

  it("ends a container whose process is killed while it is paused", async () => {
    await using opened = await openSandboxes();
    const mark = `4${process.pid}`;
    await using action = await startAction(
      opened.driver,
      `const main = () => { process.title = "${mark}"; return {}; }`,
    );
    await action.result();
    action.container.pause();
    const [id] = findProcesses(mark);
    process.kill(Number(id), "SIGKILL");
    if (!diesPaused(opened.data.shared.instance)) {
      await action.container.run({ value: "{}" as never, context: {} }, PATIENCE);
    }
    await action.container.ended;
  });

  it("watches memory where control groups cannot be written, and says so", async () => {
    await using opened = await openSandboxes({ withoutCgroups: true });
    assert.match(opened.driver.notices.join(), /Control groups cannot be written/);
    assert.equal(opened.driver.canPause, false);
    await using action = await startAction(
      opened.driver,
      "const all = []; const main = () => { for (let n = 0; n < 200; n += 1) all.push(Buffer.alloc(1 << 20, 1)); return new Promise(() => {}); }",
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "out-of-memory" });
  });
});
