// `npm run bench`: measures every figure that Brisk has a budget for, each beside its baseline.
//
//     npm run bench                      everything, some minutes
//     npm run bench -- --quick           fewer repetitions and a smaller store, under 45 s
//     npm run bench -- --json            the table as JSON
//     npm run bench -- --check           fails where a budget is missed
//     npm run bench -- --only warm,cold  only these groups
//     npm run bench -- --program PATH    another brisk than the checkout's

import { parseArgs } from "node:util";
import type { Bench, Figure } from "./figure.ts";
import { measureAccept } from "./figures/accept.ts";
import { measureComposed } from "./figures/composed.ts";
import { measureCold, measurePrewarmed } from "./figures/starts.ts";
import { measureStored } from "./figures/stored.ts";
import { measureWarm } from "./figures/warm.ts";
import { measureWeb } from "./figures/web.ts";
import { LoadGenerator } from "./load-generator.ts";
import { describeMachine, toTable } from "./report.ts";
import { openRoom } from "./room.ts";

const GROUPS = {
  warm: measureWarm,
  accept: measureAccept,
  cold: measureCold,
  prewarmed: measurePrewarmed,
  stored: measureStored,
  composed: measureComposed,
  web: measureWeb,
} as const satisfies Record<string, (bench: Bench) => Promise<readonly Figure[]>>;

/** Not the directory for temporary files, which may be memory: syncing must cost what it costs. */
const DISK = "/var/tmp";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    only: { type: "string" },
    program: { type: "string" },
  },
});

const from = performance.now();
const figures = await measure(values.only?.split(",") ?? Object.keys(GROUPS));
const seconds = Math.round((performance.now() - from) / 1000);
const machine = describeMachine();
const text = values.json
  ? JSON.stringify({ machine, quick: values.quick, seconds, figures }, undefined, 2)
  : `${machine}; ${values.quick ? "quick, " : ""}${seconds} s\n\n${toTable(figures)}`;
process.stdout.write(`${text}\n`);
process.exitCode = values.check && figures.some(({ met }) => !met) ? 1 : 0;

async function measure(groups: readonly string[]): Promise<readonly Figure[]> {
  using room = openRoom(DISK);
  await using loads = new LoadGenerator();
  const { quick, program } = values;
  const bench = {
    directory: room.path,
    quick,
    loads,
    ...(program === undefined ? {} : { program }),
  };
  const measured: Figure[] = [];
  for (const [name, measureGroup] of Object.entries(GROUPS)) {
    if (!groups.includes(name)) continue;
    process.stderr.write(`measuring ${name}\n`);
    measured.push(...(await measureGroup(bench)));
  }
  return measured;
}
