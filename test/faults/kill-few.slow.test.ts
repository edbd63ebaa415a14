// A few rounds of `kill -9` on every run; kill.slow.test.ts has the many.

import { test } from "node:test";
import { checkRounds, runRounds } from "./rounds.ts";

const SEEDS = 2 ** 31;

for (const [driver, rounds] of [
  ["process", 6],
  ["sandbox", 2],
] as const) {
  test(`after kill -9 what was accepted is recorded once, with driver ${driver}`, async (context) => {
    const seed = Math.floor(Math.random() * SEEDS);
    context.diagnostic(`seed ${seed}`);
    checkRounds(await runRounds({ rounds, seed, driver }), driver);
  });
}
