// Thousands of requests made from the platform's own OpenAPI document, right and wrong, against one real
// `brisk up`: every answer is one that the specification knows, and nothing that was stored is lost.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { useBrisk } from "../api/fixture.ts";
import { createKey, putSubject } from "../api/tenants.ts";
import { type OpenApiDocument, type Operation, toOperations } from "./document.ts";
import { Lane } from "./lane.ts";
import { createRequests } from "./requests.ts";

/** Another one makes other requests; a failure is had again with the same. */
const SEED = 20_261_124;
const LANES = 3;
const REQUESTS_OF_A_LANE = 2000;
/** Far above what it takes: beyond it something grows with the number of requests. */
const RESIDENT_MB_MAX = 600;
const ERROR_LEVEL = 50;

const brisk = useBrisk();

test("no request is answered with a fault, none hangs, and nothing stored is lost", async () => {
  const { json } = await brisk().request("GET", "/api/v1/api-docs");
  const operations = toOperations(json as OpenApiDocument);
  const requests = createRequests(operations);
  const lanes = await createLanes(operations);
  const succeeded = new Set<Operation>();
  const running = lanes.map(async (lane, index) => {
    const seed = SEED + index;
    for (const request of fc.sample(requests, { seed, numRuns: REQUESTS_OF_A_LANE })) {
      const { status } = await lane.send(request);
      if (request.isDocumented && status < 300) succeeded.add(request.operation);
    }
  });
  await Promise.all(running);
  for (const lane of lanes) await lane.check();
  // A fuzzer that is only ever refused would see nothing of what is behind.
  const possible = operations.filter(({ statuses }) => statuses.some((status) => status < 300));
  const names = new Set(possible.map(toName));
  assert.deepEqual(names.difference(new Set([...succeeded].map(toName))), new Set());
});

/** To a web action its verbs are one. */
function toName({ method, path }: Operation): string {
  return path.startsWith("/web/") ? path : `${method} ${path}`;
}

async function createLanes(operations: readonly Operation[]): Promise<readonly Lane[]> {
  const keys = Array.from({ length: LANES }, (_, index) => createKey(`lane-${index}`));
  for (const own of keys) await putSubject(brisk(), { subject: own.name, namespaces: [own] });
  return keys.map((own, index) => {
    const other = keys[(index + 1) % LANES] ?? own;
    return new Lane({ brisk: brisk(), operations, own, other });
  });
}

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
