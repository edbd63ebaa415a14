// Failed activations that are tried again, and the triggers that hear of the last failure.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  ACTIONS,
  ACTIVATIONS,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  testRows,
  useBrisk,
  waitFor,
} from "./fixture.ts";

// Actions count their runs in a file of the data directory, which only the process driver lets them.
const brisk = useBrisk({ args: ["--driver", "process"] });

/** Fails until it has run so often. */
function failing(file: string, succeedsAt: number): string {
  return `const fs = require("node:fs");
const main = (args) => {
  fs.appendFileSync(${JSON.stringify(file)}, process.env.__OW_ACTIVATION_ID + "\\n");
  const runs = fs.readFileSync(${JSON.stringify(file)}, "utf8").split("\\n").length - 1;
  return runs < ${succeedsAt} ? { error: "run " + runs } : { runs, args };
};`;
}

async function putFailing(name: string, succeedsAt: number, annotations: readonly Json[]) {
  const file = join(brisk().data, `${name}-runs`);
  await putAction(brisk(), { name, code: failing(file, succeedsAt), annotations });
  const readRuns = async () => (await readFile(file, "utf8")).trim().split("\n");
  return { readRuns };
}

async function readRecords(name: string, count: number): Promise<readonly ActivationRecord[]> {
  const path = `${ACTIVATIONS}?name=${name}&docs=true&limit=200`;
  const records = await waitFor(async () => {
    const { json } = await brisk().request("GET", path);
    return (json as ActivationRecord[]).length >= count ? (json as ActivationRecord[]) : undefined;
  });
  return records.toReversed();
}

test("a failed invocation is tried again with its arguments until it succeeds, each try on record", async () => {
  const annotations = [{ key: "retries", value: { times: 5, backoff: 20 } }];
  const { readRuns } = await putFailing("third", 3, annotations);
  const { json } = await invoke(brisk(), "third", { query: "", body: { n: 7 } });
  const first = (json as Json)["activationId"];
  const records = await readRecords("third", 3);
  assert.deepEqual(
    records.map(({ response }) => response.result),
    [{ error: "run 1" }, { error: "run 2" }, { runs: 3, args: { n: 7 } }],
  );
  const causes = records.map((record) => (record as unknown as Json)["cause"]);
  assert.deepEqual(causes, [undefined, first, first]);
  assert.deepEqual(
    records.map((record) => annotationOf(record, "attempt")),
    [undefined, 2, 3],
  );
  assert.deepEqual(
    records.map(({ activationId }) => activationId),
    await readRuns(),
  );
});

test("each try waits twice as long as the one before", async () => {
  await putFailing("patient", 4, [{ key: "retries", value: { times: 3, backoff: 100 } }]);
  await invoke(brisk(), "patient", { query: "" });
  const records = await readRecords("patient", 4);
  const waits = records.slice(1).map(({ start }, n) => start - (records[n]?.end ?? 0));
  for (const [n, ms] of waits.entries()) assert.ok(ms >= 100 * 2 ** n, `${waits}`);
});

test("whoever waits hears of the failure, and nothing is tried again", async () => {
  const annotations = [{ key: "retries", value: { times: 3, backoff: 10 } }];
  const { readRuns } = await putFailing("waited", 9, annotations);
  const { status } = await invoke(brisk(), "waited");
  assert.equal(status, 502);
  // One that is tried again comes to its end meanwhile.
  await putFailing("beside", 4, annotations);
  await invoke(brisk(), "beside", { query: "" });
  await readRecords("beside", 4);
  assert.equal((await readRuns()).length, 1);
});

test("after the last try a trigger is fired with the activation and its arguments", async () => {
  await putAction(brisk(), { name: "undertaker", code: "const main = (event) => event;" });
  await brisk().request("PUT", `${OWN}/triggers/failed`, { body: {} });
  const rule = { trigger: "/_/failed", action: "/_/undertaker" };
  await brisk().request("PUT", `${OWN}/rules/bury`, { body: rule });
  await putFailing("hopeless", 99, [
    { key: "retries", value: { times: 2, backoff: 10 } },
    { key: "dead-letter", value: "failed" },
  ]);
  await invoke(brisk(), "hopeless", { query: "", body: { n: 7 } });
  const tries = await readRecords("hopeless", 3);
  const [buried] = await readRecords("undertaker", 1);
  assert.ok(buried);
  const { activation, arguments: given, attempts } = buried.response.result as Json;
  assert.deepEqual([given, attempts], [{ n: 7 }, 3]);
  assert.partialDeepStrictEqual(activation, {
    activationId: tries[2]?.activationId,
    cause: tries[0]?.activationId,
    response: { success: false, result: { error: "run 3" } },
  });
});

test("a dead letter needs no retries, and one without a trigger is let go", async () => {
  await putFailing("lost", 99, [{ key: "dead-letter", value: "nowhere" }]);
  const { json } = await invoke(brisk(), "lost", { query: "" });
  const record = await readActivation(brisk(), (json as Json)["activationId"]);
  assert.equal(record.response.success, false);
  await waitFor(() => brisk().stderr().includes("dead letter cannot be delivered") || undefined);
});

test("a sequence that fails is tried again as a whole", async () => {
  await putFailing("part", 2, []);
  const exec = { kind: "sequence", components: ["/_/part"] };
  const annotations = [{ key: "retries", value: { times: 1, backoff: 10 } }];
  const put = await brisk().request("PUT", `${ACTIONS}/whole`, { body: { exec, annotations } });
  assert.equal(put.status, 200, put.text);
  await invoke(brisk(), "whole", { query: "" });
  const records = await readRecords("whole", 2);
  assert.deepEqual(
    records.map(({ response }) => response.success),
    [false, true],
  );
});

const CODE = { kind: "nodejs:default", code: "const main = () => ({});" };
testRows(brisk, [
  {
    name: "retries of another shape are refused at the PUT",
    method: "PUT",
    path: `${ACTIONS}/wrong`,
    body: { exec: CODE, annotations: [{ key: "retries", value: 3 }] },
    status: 400,
    error: /^The annotation 'retries' must be an object with 'times'/,
  },
  {
    name: "a dead letter to another namespace is refused at the PUT",
    method: "PUT",
    path: `${ACTIONS}/wrong`,
    body: { exec: CODE, annotations: [{ key: "dead-letter", value: "/other/failed" }] },
    status: 400,
    error: "The annotation 'dead-letter' must be the name of a trigger in the same namespace",
  },
]);
