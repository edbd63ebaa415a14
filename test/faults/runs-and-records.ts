// What ran, by the actions' own notes, what is recorded, and what the platform complained of: to be held against
// what clients were told.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { ACTIVATIONS, type ActivationRecord } from "../api/fixture.ts";
import type { Brisk } from "../harness.ts";

const PAGE = 200;

/** The statement with which an action notes down that it runs, for `readRuns`. */
export function toNote(runsFile: string): string {
  return `require("node:fs").appendFileSync(${JSON.stringify(runsFile)}, process.env.__OW_ACTIVATION_ID + "\\n");`;
}

export async function readRuns(file: string): Promise<ReadonlyMap<string, number>> {
  const runs = new Map<string, number>();
  const text = await readFile(file, "utf8").catch(() => "");
  for (const id of text.split("\n")) if (id !== "") runs.set(id, (runs.get(id) ?? 0) + 1);
  return runs;
}

export async function readRecords(brisk: Brisk): Promise<Map<string, ActivationRecord>> {
  const records = new Map<string, ActivationRecord>();
  for (let skip = 0; ; skip += PAGE) {
    const path = `${ACTIVATIONS}?docs=true&limit=${PAGE}&skip=${skip}`;
    const { json, text } = await brisk.request("GET", path);
    assert.ok(Array.isArray(json), text);
    for (const record of json as ActivationRecord[]) records.set(record.activationId, record);
    if (json.length < PAGE) return records;
  }
}

/** What it logged as errors. */
export function readErrors(brisk: Brisk): string[] {
  return brisk
    .stderr()
    .split("\n")
    .filter((line) => /^{"level":[56]0/.test(line));
}
