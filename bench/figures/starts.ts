// First invocations: of an action for which nothing waits, against the start of the same Node doing
// nothing; and of one for which a stem cell waits, against a warm invocation.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, type Figure, toLatencyFigure } from "../figure.ts";
import { createAction, type Platform, startPlatform, toInvocation } from "../platform.ts";
import { openRoom } from "../room.ts";
import { measureInTurns, type TurnResult, timed } from "../rounds.ts";

export async function measureCold(bench: Bench): Promise<readonly Figure[]> {
  using room = openRoom(bench.directory);
  await using platform = await startPlatform(bench, room, ["--stem-cells", "0"]);
  const [ours, baseline] = await measureInTurns(bench.quick ? 15 : 100, [
    { label: "cold, no stem cell", turn: firstInvocations(bench, platform) },
    { label: "node -e 0", turn: () => timed(runNode) },
  ]);
  return [
    toLatencyFigure({
      name: "un-prewarmed cold start, blocking, p50",
      ours,
      baseline,
      budget: { bound: "at most", value: 2.5, unit: "×" },
    }),
  ];
}

export async function measurePrewarmed(bench: Bench): Promise<readonly Figure[]> {
  using room = openRoom(bench.directory);
  await using platform = await startPlatform(bench, room);
  await createAction(platform, "warm");
  const warm = () => invokeOnce(bench, { platform, name: "warm" });
  const first = firstInvocations(bench, platform);
  await warm();
  const [ours, baseline] = await measureInTurns(bench.quick ? 12 : 60, [
    {
      label: "first of an action, stem cell",
      turn: async () => {
        await delay(REFILL_MS);
        return first();
      },
    },
    {
      label: "warm",
      turn: async () => {
        // The making of the next stem cell would be measured as slowness of the warm one.
        await delay(REFILL_MS);
        return warm();
      },
    },
  ]);
  return [
    toLatencyFigure({
      name: "prewarmed start, p50",
      ours,
      baseline,
      budget: { bound: "at most", value: 5, unit: "×" },
      note: "single requests on an idle machine, both over a fresh connection",
    }),
  ];
}

/** In which a stem cell that was taken is made anew, and the processors are idle again. */
const REFILL_MS = 200;

/** Each turn invokes an action that was never invoked before. */
function firstInvocations(bench: Bench, platform: Platform): () => Promise<TurnResult> {
  let created = 0;
  return async () => {
    const name = `first-${created++}`;
    await createAction(platform, name);
    return invokeOnce(bench, { platform, name });
  };
}

async function invokeOnce(
  bench: Bench,
  { platform, name }: { readonly platform: Platform; readonly name: string },
): Promise<TurnResult> {
  const requests = [toInvocation(platform, name)];
  const { port } = platform;
  const { latenciesMs } = await bench.loads.run({ port, requests, clients: 1, durationMs: 0 });
  return { latenciesMs };
}

async function runNode(): Promise<void> {
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
}
