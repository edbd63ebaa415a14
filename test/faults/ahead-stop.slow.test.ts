// A stop where containers have several runs at hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkTold, createTold, floodUntilEnd, putNoting, startForFloods } from "./ahead.ts";
import { openTestDirectory } from "./test-directory.ts";

const ANSWERS = 700;
/** Nothing runs for longer than milliseconds, so it does not need its bound of ten seconds. */
const STOP_MS_MAX = 5000;

test("a stop in a flood of very short runs ends soon, and all that was promised is recorded", async () => {
  await using directory = await openTestDirectory();
  const told = createTold();
  {
    await using brisk = await startForFloods(directory.data);
    await putNoting(brisk);
    let stopped: Promise<void> | undefined;
    const end = () => {
      const from = performance.now();
      stopped = brisk.stop().then((code) => {
        assert.equal(code, 0, brisk.stderr());
        assert.ok(performance.now() - from < STOP_MS_MAX);
      });
    };
    await floodUntilEnd(brisk, told, { answersMax: ANSWERS, acceptedEvery: 4, end });
    await stopped;
  }
  await using brisk = await startForFloods(directory.data);
  assert.equal(await checkTold(brisk, told), 0, "what had started was not waited for");
});
