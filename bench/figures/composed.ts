// What runs as several activations: a sequence of two against one action, a trigger's firing against
// one accepted invocation, and both in a namespace of a thousand rules.

import { type Bench, type Figure, toLatencyFigure } from "../figure.ts";
import { createAction, type Platform, startPlatform, toInvocation, warmUp } from "../platform.ts";
import { openRoom } from "../room.ts";
import { measureInTurns } from "../rounds.ts";

const ACTIONS = 200;
const RULES = 1000;
/** Beside each other while the namespace is filled. */
const FILLERS = 8;

export async function measureComposed(bench: Bench): Promise<readonly Figure[]> {
  using room = openRoom(bench.directory);
  await using platform = await startPlatform(bench, room);
  await createAction(platform, "one");
  await platform.fetch("PUT", "/actions/two", {
    exec: { kind: "sequence", components: ["/_/one", "/_/one"] },
  });
  await createTrigger(platform, "single", 1);
  await createTrigger(platform, "tenfold", 10);
  const contenders = {
    one: toInvocation(platform, "one"),
    two: toInvocation(platform, "two"),
    accept: toInvocation(platform, "one", false),
    single: platform.toRequest("POST", "/triggers/single", {}),
    tenfold: platform.toRequest("POST", "/triggers/tenfold", {}),
  };
  const measured = await compare(bench, platform, contenders);
  return [
    toLatencyFigure({
      name: "sequence of two, 1 client, p50",
      ours: measured.two,
      baseline: measured.one,
      budget: { bound: "at most", value: 2.2, unit: "×" },
    }),
    toLatencyFigure({
      name: "firing of a trigger with one rule, 1 client, p50",
      ours: measured.single,
      baseline: measured.accept,
      budget: { bound: "at most", value: 2.5, unit: "×" },
      note: "a firing waits for two syncs, its actions' and its record's, an accepted invocation for one",
    }),
    toLatencyFigure({
      name: "firing of a trigger with ten rules, 1 client, p50",
      ours: measured.tenfold,
      baseline: measured.single,
      budget: { bound: "at most", value: 10, unit: "×" },
    }),
    ...(await measureLarge(bench)),
  ];
}

/** A namespace of 200 actions and 1,000 rules against one that is all but empty. */
async function measureLarge(bench: Bench): Promise<readonly Figure[]> {
  using smallRoom = openRoom(bench.directory);
  using largeRoom = openRoom(bench.directory);
  await using small = await startPlatform(bench, smallRoom);
  await using large = await startPlatform(bench, largeRoom);
  await fill(small, 1, 1);
  await fill(large, ACTIONS, bench.quick ? RULES / 10 : RULES);
  const list = (platform: Platform) => platform.toRequest("GET", "/rules?limit=30");
  const fire = (platform: Platform) => platform.toRequest("POST", "/triggers/t0", {});
  const figures: Figure[] = [];
  for (const [name, request] of [
    ["list 30 rules", list],
    ["firing of one rule", fire],
  ] as const) {
    const [ours, baseline] = await measureInTurns(bench.quick ? 2 : 8, [
      { label: `among ${RULES}`, turn: () => runOne(bench, large.port, request(large)) },
      { label: "alone", turn: () => runOne(bench, small.port, request(small)) },
    ]);
    figures.push(
      toLatencyFigure({
        name: `${name} in a namespace of ${RULES} rules and ${ACTIONS} actions, p50`,
        ours,
        baseline,
        budget: { bound: "at most", value: name.startsWith("list") ? 4 : 2, unit: "×" },
        ...(name.startsWith("list") ? { note: "30 entries against one" } : {}),
      }),
    );
  }
  return figures;
}

async function createTrigger(platform: Platform, name: string, rules: number): Promise<void> {
  await platform.fetch("PUT", `/triggers/${name}`, {});
  for (let n = 0; n < rules; n++) {
    const rule = { trigger: `/_/${name}`, action: "/_/one" };
    await platform.fetch("PUT", `/rules/${name}-${n}`, rule);
  }
}

async function fill(platform: Platform, actions: number, rules: number): Promise<void> {
  for (let n = 0; n < actions; n++) await createAction(platform, `a${n}`);
  const add = async (from: number) => {
    for (let n = from; n < rules; n += FILLERS) {
      await platform.fetch("PUT", `/triggers/t${n}`, {});
      const rule = { trigger: `/_/t${n}`, action: `/_/a${n % actions}` };
      await platform.fetch("PUT", `/rules/r${n}`, rule);
    }
  };
  await Promise.all(Array.from({ length: FILLERS }, (_, from) => add(from)));
}

async function compare<const Name extends string>(
  bench: Bench,
  platform: Platform,
  requests: Record<Name, string>,
) {
  const { port } = platform;
  const entries = Object.entries<string>(requests);
  for (const [, request] of entries) {
    await warmUp(platform, () => runOne(bench, port, request));
  }
  const measured = await measureInTurns(
    bench.quick ? 3 : 12,
    entries.map(([label, request]) => ({ label, turn: () => runOne(bench, port, request) })),
  );
  return Object.fromEntries(entries.map(([label], at) => [label, measured[at]])) as Record<
    Name,
    (typeof measured)[number]
  >;
}

function runOne(bench: Bench, port: number, request: string) {
  const durationMs = bench.quick ? 200 : 800;
  return bench.loads.run({ port, clients: 1, durationMs, requests: [request] });
}
