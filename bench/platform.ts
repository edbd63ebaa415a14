// `brisk up` as the bench uses it, and the few requests that the figures make.

import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Brisk, startBrisk } from "../test/harness.ts";
import type { Bench } from "./figure.ts";
import { toRequestText } from "./http-client.ts";
import type { Room } from "./room.ts";

export interface Platform extends AsyncDisposable {
  readonly port: number;
  /** From the start of the process until it said that it can serve. */
  readonly readyMs: number;
  residentMb(): number;
  /** A whole request, for the load generator. `path` is below the namespace. */
  toRequest(method: string, path: string, body?: object): string;
  /** The same for a web action of the namespace without a package. */
  toWebRequest(name: string, body: object): string;
  /** Rejects where the status is not 2xx. */
  fetch(method: string, path: string, body?: object): Promise<unknown>;
}

/** What the hop's child and the platform's action both run. */
export const BENCH_FUNCTION =
  "function main({ name }) { return { greeting: 'Hello ' + (name || 'stranger') } }";
export const BENCH_ARGUMENTS: { readonly name: string } = { name: "bench" };

const NAMESPACE = "/api/v1/namespaces/_";
const KB_IN_MB = 1024;

export async function startPlatform(
  { program }: Bench,
  room: Room,
  flags: readonly string[] = [],
): Promise<Platform> {
  const from = performance.now();
  const brisk = await startBrisk({
    data: room.path,
    args: ["--log-level", "warn", ...flags],
    ...(program === undefined ? {} : { program }),
  });
  const readyMs = performance.now() - from;
  const authorization = `Basic ${Buffer.from(brisk.auth).toString("base64")}`;
  return {
    port: Number(new URL(brisk.url).port),
    readyMs,
    residentMb: () => readResidentMb(brisk),
    toRequest: (method, path, body) =>
      toRequestText({
        method,
        path: NAMESPACE + path,
        headers: { authorization },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    toWebRequest: (name, body) =>
      toRequestText({
        method: "POST",
        path: `/api/v1/web/${brisk.namespace}/default/${name}`,
        body: JSON.stringify(body),
      }),
    fetch: async (method, path, body) => {
      const answer = await brisk.request(method, NAMESPACE + path, { body });
      if (answer.status < 300) return answer.json;
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    },
    [Symbol.asyncDispose]: () => brisk[Symbol.asyncDispose](),
  };
}

function readResidentMb({ child }: Brisk): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / KB_IN_MB;
}

export async function createAction(platform: Platform, name: string): Promise<void> {
  const exec = { kind: "nodejs:default", code: BENCH_FUNCTION };
  await platform.fetch("PUT", `/actions/${name}?overwrite=true`, { exec });
}

export function toInvocation(platform: Platform, name: string, blocking = true): string {
  const path = `/actions/${name}?blocking=${blocking}`;
  return platform.toRequest("POST", path, BENCH_ARGUMENTS);
}

/** Repeats a load until no more containers are made for it: each of them costs what a start costs. */
export async function warmUp(platform: Platform, load: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < WARM_UP_TRIES; tries++) {
    await load();
    const latest = await platform.fetch("GET", `/activations?limit=${LATEST}`);
    if (!JSON.stringify(latest).includes('"initTime"')) return;
  }
  throw new Error(`Containers are still being made after ${WARM_UP_TRIES} rounds`);
}

const WARM_UP_TRIES = 30;
/** As many as a list may have. */
const LATEST = 200;

/** Waits until nothing that was accepted is left to run, so that it does not run beside what follows. */
export async function waitUntilStored(platform: Platform, activations: number): Promise<void> {
  const until = performance.now() + STORED_DEADLINE_MS;
  for (;;) {
    const answer = await platform.fetch("GET", "/activations?count=true");
    const stored = (answer as { activations: number }).activations;
    if (stored >= activations) return;
    if (performance.now() > until) {
      throw new Error(`Only ${stored} of ${activations} were recorded`);
    }
    await delay(STORED_POLL_MS);
  }
}

const STORED_DEADLINE_MS = 120_000;
const STORED_POLL_MS = 50;
