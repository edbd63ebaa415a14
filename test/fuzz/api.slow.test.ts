// Thousands of requests made from the platform's own OpenAPI document, right and wrong, against one real
// `brisk up`: every answer is one that the specification knows, and nothing that was stored is lost.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { useBrisk } from "../api/fixture.ts";
import { createKey, putSubject } from "../api/tenants.ts";
import { type OpenApiDocument, toOperations } from "./document.ts";
import { Lane } from "./lane.ts";
import { createRequests } from "./requests.ts";

/** Another one makes other requests; a failure is had again with the same. */
const SEED = 20_261_124;
const LANES = 3;
const REQUESTS_OF_A_LANE = 1500;
/** Far above what it takes: beyond it something grows with the number of requests. */
const RESIDENT_MB_MAX = 600;
const ERROR_LEVEL = 50;

const brisk = useBrisk();

test("no request is answered with a fault, none hangs, and nothing stored is lost", async () => {
  const { json } = await brisk().request("GET", "/api/v1/api-docs");
  const operations = toOperations(json as OpenApiDocument);
  const requests = createRequests(operations);
  const keys = Array.from({ length: LANES }, (_, index) => createKey(`lane-${index}`));
  for (const own of keys) await putSubject(brisk(), { subject: own.name, namespaces: [own] });
  const succeeded = new Set<string>();
  const statuses = new Map<number, number>();
  const started = Date.now();
  const lanes = keys.map((own, index) => {
    const other = keys[(index + 1) % LANES] ?? own;
    return new Lane({ brisk: brisk(), operations, own, other });
  });
  const running = lanes.map(async (lane, index) => {
    const seed = SEED + index;
    for (const request of fc.sample(requests, { seed, numRuns: REQUESTS_OF_A_LANE })) {
      const answer = await lane.send(request);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (request.isDocumented && answer.status < 300) {
        succeeded.add(`${request.operation.method} ${request.operation.path}`);
      }
    }
  });
  await Promise.all(running);
  for (const lane of lanes) await lane.check();
  const counts = lanes.map((lane) => lane.entityCount);
  process.stderr.write(
    `${Date.now() - started} ms, ${JSON.stringify({ counts, statuses: [...statuses] })} ${await residentMb()}\n`,
  );
  const never = operations
    .filter(({ statuses }) => statuses.some((status) => status < 300))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((operation) => !succeeded.has(operation));
  assert.deepEqual(never, []);
});

test("afterwards the platform is as it was: its memory, its log, its end", async () => {
  assert.ok((await residentMb()) < RESIDENT_MB_MAX, `it has ${await residentMb()} MB`);
  const lines = brisk()
    .stderr()
    .split("\n")
    .filter((line) => line !== "");
  const faults = lines.filter((line) => {
    const { level } = JSON.parse(line) as { readonly level: number };
    return level >= ERROR_LEVEL || line.includes("fault");
  });
  assert.deepEqual(faults, []);
  assert.equal(await brisk().stop(), 0);
});

async function residentMb(): Promise<number> {
  const status = await readFile(`/proc/${brisk().child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
