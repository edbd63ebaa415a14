// A few rounds of `kill -9` on every run; kill.slow.test.ts has the many.

import { test } from "node:test";
import { checkRounds, runRounds } from "./rounds.ts";

for (const [driver, rounds] of [["process", 6], ["sandbox", 2]] as const) {
  test(`what was accepted is recorded once after kill -9: ${driver}`, async (context) => {
    const seed = Date.now() % 1_000_000;
    context.diagnostic(`seed ${seed}`);
    const found = await runRounds({ rounds, seed, driver });
    context.diagnostic(JSON.stringify({acc: found.promised.accepted.size, ans: found.promised.answered.size, rec: found.records.size, runs: found.runs.size, clean: found.cleanStartMs, re: found.restartMs}));
    checkRounds(found, driver);
  });
}
