// What stored activations cost: the start of a platform that has many, listing among them, and the
// memory of an idle platform.

import { setTimeout as delay } from "node:timers/promises";
import { type Bench, type Figure, toLatencyFigure } from "../figure.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { openRoom, type Room } from "../room.ts";
import { measureInTurns } from "../rounds.ts";
import { LISTED_NAME, type Seeded, seedActivations } from "../seed.ts";
import { summarize } from "../statistics.ts";

const MANY = 1_000_000;
const MANY_QUICK = 100_000;
const FEW = 1000;
const LISTED = 30;

export async function measureStored(bench: Bench): Promise<readonly Figure[]> {
  using fewRoom = openRoom(bench.directory);
  using manyRoom = openRoom(bench.directory);
  const count = bench.quick ? MANY_QUICK : MANY;
  const few = await seed(bench, fewRoom, FEW);
  const many = await seed(bench, manyRoom, count);
  const ready = await measureReady(bench, { fewRoom, manyRoom, count });
  const memory = await measureMemory(bench, manyRoom);
  const listed = await measureList(bench, { fewRoom, manyRoom, few, many, count });
  return [...ready, ...memory, ...listed];
}

/** The first start makes the databases and the guest; its figure is not of interest here. */
async function seed(bench: Bench, room: Room, activations: number): Promise<Seeded> {
  const platform = await startPlatform(bench, room);
  await platform[Symbol.asyncDispose]();
  return seedActivations({ data: room.path, activations });
}

interface Rooms {
  readonly fewRoom: Room;
  readonly manyRoom: Room;
  readonly count: number;
}

async function measureReady(bench: Bench, rooms: Rooms): Promise<readonly Figure[]> {
  const start = (room: Room) => async () => {
    await using platform = await startPlatform(bench, room);
    return { latenciesMs: [platform.readyMs] };
  };
  const stored = rooms.count.toLocaleString("en");
  const startFirst = async () => {
    using room = openRoom(bench.directory);
    return start(room)();
  };
  const [first, few, many] = await measureInTurns(bench.quick ? 3 : 10, [
    { label: "ready, new data directory", turn: startFirst },
    { label: `ready, ${FEW} stored`, turn: start(rooms.fewRoom) },
    { label: `ready, ${stored} stored`, turn: start(rooms.manyRoom) },
  ]);
  const budget = { bound: "at most", value: 500, unit: "ms" } as const;
  return [
    toLatencyFigure({ name: "ready after the first start, p50", ours: first, budget }),
    toLatencyFigure({ name: "ready after start, p50", ours: few, budget }),
    toLatencyFigure({
      name: `ready after start with ${stored} stored activations, p50`,
      ours: many,
      baseline: few,
      budget,
    }),
  ];
}

/** Some seconds after the start, when stem cells wait and nothing else happens. */
async function measureMemory(bench: Bench, room: Room): Promise<readonly Figure[]> {
  await using platform = await startPlatform(bench, room);
  await delay(IDLE_MS);
  return [
    toLatencyFigure({
      name: "idle memory of brisk up, RSS",
      ours: summarize([platform.residentMb()], { label: "RSS when idle", unit: "MB" }),
      budget: { bound: "at most", value: 120, unit: "MB" },
      note: "the process itself; what containers use is theirs, and bounded by --memory",
    }),
  ];
}

const IDLE_MS = 2000;

interface Listed extends Rooms {
  readonly few: Seeded;
  readonly many: Seeded;
}

async function measureList(bench: Bench, listed: Listed): Promise<readonly Figure[]> {
  await using few = await startPlatform(bench, listed.fewRoom);
  await using many = await startPlatform(bench, listed.manyRoom);
  const list = (platform: Platform, { since, upto }: Seeded) => {
    const query = `name=${LISTED_NAME}&since=${since}&upto=${upto}&limit=${LISTED}`;
    const requests = [platform.toRequest("GET", `/activations?${query}`)];
    const { port } = platform;
    return async () => {
      const { latenciesMs } = await bench.loads.run({
        port,
        requests,
        clients: 1,
        durationMs: TURN_MS,
      });
      return { latenciesMs };
    };
  };
  const ofFew = list(few, listed.few);
  const ofMany = list(many, listed.many);
  // Page cache and compiled code are warm in both.
  await ofFew();
  await ofMany();
  const stored = listed.count.toLocaleString("en");
  const [baseline, ours] = await measureInTurns(bench.quick ? 5 : 20, [
    { label: `list ${LISTED} of ${FEW}`, turn: ofFew },
    { label: `list ${LISTED} of ${stored}`, turn: ofMany },
  ]);
  return [
    toLatencyFigure({
      name: `list ${LISTED} of ${stored} activations by name and time, p50`,
      ours,
      baseline,
      budget: { bound: "at most", value: 2, unit: "×" },
    }),
  ];
}

const TURN_MS = 100;
