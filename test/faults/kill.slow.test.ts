// 200 rounds of `kill -9`, most of them where every single run of an action can be counted.

import { test } from "node:test";
import { checkRounds, runRounds } from "./rounds.ts";

const SEEDS = 2 ** 31;

for (const [driver, rounds] of [
  ["process", 160],
  ["sandbox", 40],
] as const) {
  test(`in ${rounds} rounds of kill -9 nothing is lost, with driver ${driver}`, async (context) => {
    const seed = Math.floor(Math.random() * SEEDS);
    context.diagnostic(`seed ${seed}`);
    checkRounds(await runRounds({ rounds, seed, driver }), driver);
  });
}
