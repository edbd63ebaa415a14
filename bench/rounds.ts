// Interleaving: what is compared is measured in turns, A B A B …, so that a noisy minute of the
// machine falls on both.

import { type Measured, type MeasuredOptions, summarize } from "./statistics.ts";

/** What one turn of one contender gave; with the time that it took where a rate is of interest. */
export interface TurnResult {
  readonly latenciesMs: readonly number[];
  readonly elapsedMs?: number;
}

export interface Contender extends Pick<MeasuredOptions, "label"> {
  readonly turn: () => Promise<TurnResult>;
}

/** Lets each contender have `rounds` turns; what was measured of each, in their order. */
export async function measureInTurns<const Contenders extends readonly Contender[]>(
  rounds: number,
  contenders: Contenders,
): Promise<{ [Index in keyof Contenders]: Measured }> {
  const turns = contenders.map((): TurnResult[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { turn }] of contenders.entries()) turns[index]?.push(await turn());
  }
  const measured = contenders.map(({ label }, index) => join(label, turns[index] ?? []));
  return measured as { [Index in keyof Contenders]: Measured };
}

function join(label: string, turns: readonly TurnResult[]): Measured {
  const latenciesMs = turns.flatMap((turn) => turn.latenciesMs);
  const elapsedMs = turns.reduce((sum, turn) => sum + (turn.elapsedMs ?? Number.NaN), 0);
  const options = { label, unit: "ms" } as const;
  return summarize(latenciesMs, Number.isNaN(elapsedMs) ? options : { ...options, elapsedMs });
}

/** A turn that times one thing. */
export async function timed(work: () => Promise<unknown>): Promise<TurnResult> {
  const from = performance.now();
  await work();
  return { latenciesMs: [performance.now() - from] };
}
