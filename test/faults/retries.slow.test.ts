// `kill -9` while failed activations wait for their next try: none is lost, none is made twice.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  ACTIVATIONS,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  OWN,
  putAction,
  waitFor,
} from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { createRandom } from "./random.ts";

const ROUNDS = 6;
const ACTIVATIONS_PER_ROUND = 10;
const TIMES = 3;
const KILL_MS_MAX = 400;
const SEEDS = 2 ** 31;

test("each accepted activation is tried as often as its action says, whatever is killed", async (context) => {
  const seed = Math.floor(Math.random() * SEEDS);
  context.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  const data = await mkdtemp(join(tmpdir(), "brisk-retries-"));
  try {
    const accepted: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await using brisk = await startBrisk({ data });
      if (round === 0) await putHopeless(brisk);
      accepted.push(...(await acceptSome(brisk)));
      await delay(random.below(KILL_MS_MAX));
      await brisk.stop("SIGKILL");
    }
    await using brisk = await startBrisk({ data });
    await waitFor(
      async () => (await countRecords(brisk)) >= accepted.length * (TIMES + 1) || undefined,
    );
    checkTries(accepted, await readRecords(brisk));
    assert.equal(await brisk.stop(), 0);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});

test("the last word on what fails without having run comes, whatever is killed", async (context) => {
  const seed = Math.floor(Math.random() * SEEDS);
  context.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  const data = await mkdtemp(join(tmpdir(), "brisk-letters-"));
  try {
    const accepted: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await using brisk = await startBrisk({ data });
      if (round === 0) await putUnrunnable(brisk);
      accepted.push(...(await acceptSome(brisk)));
      await delay(random.below(KILL_MS_MAX / 4));
      await brisk.stop("SIGKILL");
    }
    await using brisk = await startBrisk({ data });
    await waitFor(async () => {
      const told = new Set((await readRecords(brisk)).map(readLetterOf));
      return accepted.every((id) => told.has(id)) || undefined;
    });
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});

test("what is tried again comes to its end where its tenant has no room for more", async () => {
  const [messages, failing] = [16, 2];
  const args = ["--bus-messages", String(messages), "--stop-wait", "0"];
  await using brisk = await startBrisk({ args });
  await putHopeless(brisk, 500);
  await putAction(brisk, { name: "endless", code: "const main = () => new Promise(() => {});" });
  const accept = async (name: string) => (await invoke(brisk, name, { query: "" })).status === 202;
  for (let count = 0; count < failing; count++) assert.ok(await accept("hopeless"));
  let filling = 0;
  while (await accept("endless")) filling += 1;
  const share = messages / 2;
  assert.ok(filling >= share - failing && filling <= share, `${filling} were accepted`);
  await waitFor(async () => (await countRecords(brisk)) >= failing * (TIMES + 1) || undefined);
});

async function putHopeless(brisk: Brisk, backoff = 50): Promise<void> {
  const annotations = [{ key: "retries", value: { times: TIMES, backoff } }];
  const code = 'const main = () => ({ error: "never" });';
  await putAction(brisk, { name: "hopeless", code, annotations });
}

/** A sequence of what is not there, and a trigger that hears of it. */
async function putUnrunnable(brisk: Brisk): Promise<void> {
  await putAction(brisk, { name: "part", code: "const main = () => ({});" });
  const put = async (path: string, body: Json) => {
    const { status, text } = await brisk.request("PUT", `${OWN}/${path}`, { body });
    assert.equal(status, 200, text);
  };
  const annotations = [
    { key: "retries", value: { times: TIMES, backoff: 10 } },
    { key: "dead-letter", value: "unsent" },
  ];
  await put("triggers/unsent", {});
  await put("rules/tell", { trigger: "/_/unsent", action: "/_/part" });
  await put("actions/gone", {
    exec: { kind: "nodejs:24", code: "const main = () => ({});" },
  });
  await put("actions/hopeless", {
    exec: { kind: "sequence", components: ["/_/gone"] },
    annotations,
  });
  assert.equal((await brisk.request("DELETE", `${OWN}/actions/gone`)).status, 200);
}

/** Of a firing by a dead letter, the id of what failed. */
function readLetterOf({ name, response }: ActivationRecord): unknown {
  if (name !== "unsent") return undefined;
  return ((response.result as Json)["activation"] as Json)["cause"];
}

function acceptSome(brisk: Brisk): Promise<readonly string[]> {
  const send = async () => {
    const { json } = await invoke(brisk, "hopeless", { query: "" });
    return String((json as Json)["activationId"]);
  };
  return Promise.all(Array.from({ length: ACTIVATIONS_PER_ROUND }, send));
}

async function countRecords(brisk: Brisk): Promise<number> {
  const { json } = await brisk.request("GET", `${ACTIVATIONS}?count=true`);
  return Number((json as Json)["activations"]);
}

async function readRecords(brisk: Brisk): Promise<readonly ActivationRecord[]> {
  const pages: ActivationRecord[] = [];
  for (let skip = 0; ; skip += 200) {
    const { json } = await brisk.request("GET", `${ACTIVATIONS}?docs=true&limit=0&skip=${skip}`);
    pages.push(...(json as ActivationRecord[]));
    if ((json as unknown[]).length < 200) return pages;
  }
}

/** By the first try's id: the numbers of all tries. */
function checkTries(accepted: readonly string[], records: readonly ActivationRecord[]): void {
  const tries = new Map<string, number[]>();
  for (const record of records) {
    const first = String((record as unknown as Json)["cause"] ?? record.activationId);
    tries.set(first, [...(tries.get(first) ?? []), Number(annotationOf(record, "attempt") ?? 1)]);
  }
  for (const id of accepted) {
    assert.deepEqual(tries.get(id)?.toSorted(), [1, 2, 3, 4], `${id} was tried so often`);
  }
}
