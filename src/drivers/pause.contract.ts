// What every driver promises that can pause a container.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { RawJson } from "../kernel/json.ts";
import type { OpenedDriver } from "./driver.contract.ts";
import {
  findProcesses,
  PATIENCE,
  startAction,
  type TestAction,
  waitFor,
} from "./driver-fixture.ts";
import type { RunRequest } from "./port.ts";

const NOTHING: RunRequest = { value: "{}" as RawJson, context: {} };
let marks = 0;

/** An action that leaves a process running which takes all the processor that it gets. */
class Burning {
  readonly mark: string = `5${process.pid}.${++marks}`;
  readonly code: string = `const main = () => {
    require("node:child_process").spawn("/bin/sh", ["-c", "while :; do :; done # ${this.mark}"]).unref();
    return {};
  }`;

  /** Nanoseconds that its processes have had the processor (proc(5), `schedstat`). */
  get spent(): number {
    return findProcesses(`# ${this.mark}`).reduce((sum, id) => {
      return sum + Number(readFileSync(`/proc/${id}/schedstat`, "latin1").split(" ")[0]);
    }, 0);
  }

  /** As it always is but while it is frozen (proc(5), the state in `stat`). */
  get isRunnable(): boolean {
    return findProcesses(`# ${this.mark}`).some((id) =>
      readFileSync(`/proc/${id}/stat`, "latin1").includes(") R "),
    );
  }

  async untilGone(): Promise<void> {
    const { mark } = this;
    await waitFor("its processes to be gone", () => findProcesses(`# ${mark}`).length === 0);
  }
}

export function describePauses(name: string, open: () => Promise<OpenedDriver>): void {
  describe(`the ${name} driver keeps the contract of pauses:`, () => {
    let opened: OpenedDriver;
    before(async () => {
      opened = await open();
      assert.equal(opened.driver.canPause, true);
    });
    after(() => opened[Symbol.asyncDispose]());
    const start = (code: string, concurrency = 1) =>
      startAction(opened.driver, code, { concurrency });
    describeProcessor(start);
    describeRuns(start);
    describeEnds(start);
  });
}

type Start = (code: string, concurrency?: number) => Promise<TestAction>;

/** Some time passes, in which others have the processor. */
async function pass(other: TestAction): Promise<void> {
  for (let n = 0; n < 20; n += 1) await other.result();
}

/** A frozen process stops in its next turn on a processor, which it may have to wait for. */
async function untilStill(burning: Burning): Promise<void> {
  await waitFor("its processes to stop", () => !burning.isRunnable);
}

function describeProcessor(start: Start): void {
  it("takes the processor from everything in a paused container, until its next run", async () => {
    const burning = new Burning();
    await using action = await start(burning.code);
    await using other = await start("const main = () => ({})");
    await action.result();
    await waitFor("its process to work", () => burning.spent > 0);
    action.container.pause();
    await untilStill(burning);
    const { spent } = burning;
    await pass(other);
    action.container.pause();
    await pass(other);
    assert.equal(burning.spent, spent);
    assert.deepEqual(await action.result(), {});
    await waitFor("its process to go on", () => burning.spent > spent);
    action.container.pause();
    await untilStill(burning);
  });
}

function describeRuns(start: Start): void {
  it("answers the same after a pause, any number of times", async () => {
    await using action = await start(
      "let n = 0; const main = () => { console.log('line', n); return { n: n++ }; }",
    );
    for (let n = 0; n < 50; n += 1) {
      if (n % 3 > 0) action.container.pause();
      action.written.stdout = "";
      assert.deepEqual(await action.result(), { n });
      assert.equal(action.written.stdout, `line ${n}\n`);
    }
  });

  it("pauses nothing in which something runs", async () => {
    const code = "const main = ({ ms }) => new Promise((done) => setTimeout(done, ms, { ms }));";
    for (const { concurrency, times } of [
      { concurrency: 1, times: [10] },
      { concurrency: 3, times: [30, 1] },
    ]) {
      await using action = await start(code, concurrency);
      const runs = times.map((ms) => action.result({ ms }));
      action.container.pause();
      const first = Promise.race(runs).then(() => action.container.pause());
      assert.deepEqual(
        await Promise.all(runs),
        times.map((ms) => ({ ms })),
      );
      await first;
    }
  });
}

function describeEnds(start: Start): void {
  it("destroys a paused container with everything in it", async () => {
    const burning = new Burning();
    const action = await start(burning.code);
    await action.result();
    action.container.pause();
    await Promise.all([action.container.destroy(), action.container.destroy()]);
    action.container.pause();
    await burning.untilGone();
    const outcome = await action.container.run(NOTHING, PATIENCE);
    assert.deepEqual(outcome, { type: "not-begun", goesOn: false });
  });

  it("leaves nothing running where it is paused while it is destroyed", async () => {
    const burning = new Burning();
    const action = await start(burning.code);
    await action.result();
    const gone = action.container.destroy();
    action.container.pause();
    await gone;
    await burning.untilGone();
  });
}
