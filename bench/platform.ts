// `brisk up` as the bench starts it: a process of its own on a data directory of its own, and the few
// requests that the figures make.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { toRequestText } from "./http-client.ts";

export interface PlatformOptions {
  readonly data: string;
  /** Further arguments of `brisk up`. */
  readonly flags?: readonly string[];
}

export interface Platform extends AsyncDisposable {
  readonly port: number;
  readonly processId: number;
  /** From the start of the process until it said that it can serve. */
  readonly readyMs: number;
  /** A whole request, for the load generator. `path` is below the namespace. */
  toRequest(method: string, path: string, body?: object): string;
  /** Rejects where the status is not 2xx. */
  fetch(method: string, path: string, body?: object): Promise<unknown>;
}

/** What the hop's child and the platform's action both run. */
export const BENCH_FUNCTION =
  "function main({ name }) { return { greeting: 'Hello ' + (name || 'stranger') } }";
export const BENCH_ARGUMENTS = { name: "bench" };

const BRISK = join(import.meta.dirname, "../bin/brisk");
const NAMESPACE = "/api/v1/namespaces/_";

export async function startPlatform({ data, flags = [] }: PlatformOptions): Promise<Platform> {
  const from = performance.now();
  const args = ["up", "--data", data, "--port", "0", "--log-level", "warn", ...flags];
  const child = spawn(BRISK, args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await readReady(child);
  const readyMs = performance.now() - from;
  const key = /^AUTH=(.+)$/m.exec(readFileSync(join(data, "wskprops"), "utf8"))?.[1] ?? "";
  const authorization = `Basic ${Buffer.from(key).toString("base64")}`;
  return {
    port: Number(url.port),
    processId: child.pid ?? 0,
    readyMs,
    toRequest: (method, path, body) =>
      toRequestText({
        method,
        path: NAMESPACE + path,
        headers: { authorization },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    fetch: async (method, path, body) => {
      const response = await fetch(new URL(NAMESPACE + path, url), {
        method,
        headers: { authorization, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

export async function createAction(platform: Platform, name: string): Promise<void> {
  const exec = { kind: "nodejs:default", code: BENCH_FUNCTION };
  await platform.fetch("PUT", `/actions/${name}?overwrite=true`, { exec });
}

export function toInvocation(platform: Platform, name: string, blocking = true): string {
  const path = `/actions/${name}?blocking=${blocking}`;
  return platform.toRequest("POST", path, BENCH_ARGUMENTS);
}

/** Waits until nothing that was accepted is left to run, so that it does not run beside what follows. */
export async function waitUntilStored(platform: Platform, activations: number): Promise<void> {
  const until = performance.now() + STORED_DEADLINE_MS;
  for (;;) {
    const answer = await platform.fetch("GET", "/activations?count=true");
    const stored = (answer as { activations: number }).activations;
    if (stored >= activations) return;
    if (performance.now() > until)
      throw new Error(`Only ${stored} of ${activations} were recorded`);
    await new Promise((resolve) => setTimeout(resolve, STORED_POLL_MS));
  }
}

const STORED_DEADLINE_MS = 120_000;
const STORED_POLL_MS = 50;

async function readReady(child: ChildProcess): Promise<URL> {
  const { stdout } = child;
  if (stdout === null) throw new Error("brisk up was started without a pipe");
  for await (const line of createInterface({ input: stdout })) {
    const [, url] = /^ready (http:.+)$/.exec(line) ?? [];
    if (url !== undefined) return new URL(url);
  }
  throw new Error("brisk up ended before it was ready");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
