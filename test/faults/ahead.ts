// A flood of very short runs of one action by many clients, who wait for most of them, until the platform ends: what
// they were told, and which runs there were.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type ActivationRecord, annotationOf, invoke, putAction, waitFor } from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { readRecords, readRuns, toNote } from "./runs-and-records.ts";

const CLIENTS = 48;
const ARGS = ["--driver", "process", "--memory", "1024", "--stem-cells", "0"];

/** What clients were told, over all floods into a directory. */
export interface Told {
  /** Of 202 answers to those who did not wait. */
  readonly accepted: Set<string>;
  /** Of 202 answers to those who did. */
  readonly handedOver: Set<string>;
  /** Of 200 answers. */
  readonly answered: Map<string, ActivationRecord>;
}

export function createTold(): Told {
  return { accepted: new Set(), handedOver: new Set(), answered: new Map() };
}

export function startForFloods(data: string): Promise<Brisk> {
  return startBrisk({ data, args: ARGS });
}

export async function putNoting(brisk: Brisk): Promise<void> {
  const note = toNote(toRunsFile(brisk.data));
  await putAction(brisk, {
    name: "noting",
    code: `const main = ({ n }) => { ${note} return { n }; }`,
  });
}

export function toRunsFile(data: string): string {
  return join(data, "runs");
}

export interface FloodOptions {
  readonly answersMax: number;
  /** Of so many requests of a client, one does not wait. */
  readonly acceptedEvery: number;
  readonly end: () => void;
}

/** Calls `end` after so many answers, and goes on until nobody answers. */
export async function floodUntilEnd(
  brisk: Brisk,
  told: Told,
  { answersMax, acceptedEvery, end }: FloodOptions,
): Promise<void> {
  let [answers, isEnding] = [0, false];
  const client = async (_: unknown, index: number) => {
    for (let count = index; ; count++) {
      try {
        await sendOne(brisk, told, count % acceptedEvery !== 0);
      } catch (cause) {
        if (isEnding && !(cause instanceof assert.AssertionError)) return;
        throw cause;
      }
      answers += 1;
      if (answers < answersMax || isEnding) continue;
      isEnding = true;
      end();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

async function sendOne(brisk: Brisk, told: Told, blocking: boolean): Promise<void> {
  const { status, json, text } = await invoke(brisk, "noting", {
    query: `blocking=${blocking}`,
    body: { n: 1 },
  });
  // Whoever comes while it stops is told so, and nothing was accepted.
  if (status === 503) throw new Error(text);
  const record = json as ActivationRecord;
  if (status === 200) told.answered.set(record.activationId, record);
  else {
    assert.equal(status, 202, text);
    (blocking ? told.handedOver : told.accepted).add(record.activationId);
  }
}

/** What was promised is kept, and nothing ran twice. @returns how many records are of what was abandoned */
export async function checkTold(brisk: Brisk, told: Told): Promise<number> {
  const owed = [...told.accepted, ...told.handedOver, ...told.answered.keys()];
  const { records, runs } = await waitFor(async () => {
    // In this order: what ends in between would have a record and seem never to have run.
    const found = await readRecords(brisk);
    const ran = await readRuns(toRunsFile(brisk.data));
    const isWhole = [...owed, ...ran.keys()].every((id) => found.has(id));
    return isWhole ? { records: found, runs: ran } : undefined;
  });
  for (const [id, count] of runs) assert.equal(count, 1, `${id} ran ${count} times`);
  for (const [id, { response }] of told.answered) {
    assert.deepEqual(records.get(id)?.response.result, response.result, `${id} changed`);
  }
  let abandoned = 0;
  for (const [id, record] of records) {
    if (annotationOf(record, "abandoned") === true) abandoned += 1;
    else assert.deepEqual(record.response.result, { n: 1 }, `${id} is ${JSON.stringify(record)}`);
  }
  return abandoned;
}
