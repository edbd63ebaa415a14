// What the API tests share: one `brisk up` a file, tables of requests with what each must be answered,
// and the few requests that most of them begin with.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { text as readText } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, type Brisk, type BriskOptions, startBrisk } from "../harness.ts";

/** Below one's own namespace. */
export const OWN = "/api/v1/namespaces/_";
export const ACTIONS: string = `${OWN}/actions`;
export const ACTIVATIONS: string = `${OWN}/activations`;

export type Json = Record<string, unknown>;

/** One request and what it must be answered. */
export interface Row {
  /** What is true, as a sentence. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly status: number;
  /** The sentence of the error body, or what it must match. */
  readonly error?: string | RegExp;
  /** The body as a whole. */
  readonly json?: unknown;
  /** Members of the body that must be these; others may be there. */
  readonly has?: Json;
  readonly text?: string;
}

export interface ActivationRecord {
  readonly activationId: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly subject: string;
  readonly start: number;
  readonly end: number;
  readonly duration: number;
  readonly annotations: readonly { readonly key: string; readonly value: unknown }[];
  readonly response: {
    readonly status: string;
    readonly success: boolean;
    readonly result: unknown;
    readonly size?: number;
  };
  readonly logs: readonly string[];
  readonly publish: boolean;
}

export interface UseOptions extends BriskOptions {
  /** What is to be done before the first test. */
  readonly setUp?: (brisk: Brisk) => Promise<void>;
}

/** The file's `brisk up`, from its first test to its last. */
export function useBrisk({ setUp, ...options }: UseOptions = {}): () => Brisk {
  let brisk: Brisk | undefined;
  before(async () => {
    brisk = await startBrisk(options);
    await setUp?.(brisk);
  });
  after(async () => {
    await brisk?.[Symbol.asyncDispose]();
  });
  return () => {
    assert.ok(brisk, "brisk is up from the first test to the last");
    return brisk;
  };
}

/** One test a row; a refusal's says with which words. */
export function testRows(brisk: () => Brisk, rows: readonly Row[]): void {
  for (const row of rows) {
    const isWorded = row.status < 400 || row.method === "HEAD" || row.error !== undefined;
    assert.ok(isWorded, `the row '${row.name}' must have the error's text`);
    test(row.name, async () => {
      const { method, path, body, headers } = row;
      const answer = await brisk().request(method, path, {
        body,
        ...(headers === undefined ? {} : { headers }),
      });
      checkRow(row, answer);
    });
  }
}

export function checkRow(row: Omit<Row, "name" | "method" | "path">, answer: Answer): void {
  assert.equal(answer.status, row.status, answer.text);
  if (row.error !== undefined) checkError(answer, row.error);
  if (row.text !== undefined) assert.equal(answer.text, row.text);
  if (row.json !== undefined) assert.deepEqual(answer.json, row.json);
  const body = answer.json as Json;
  for (const [key, value] of Object.entries(row.has ?? {})) {
    assert.deepEqual(body[key], value, key);
  }
}

/** The error body: a sentence and the transaction id, which is also the header. */
export function checkError({ json, headers }: Answer, error: string | RegExp): void {
  const body = json as Json;
  assert.deepEqual(Object.keys(body), ["error", "code"]);
  assert.equal(body["code"], headers["x-request-id"]);
  assert.equal(headers["content-type"], "application/json");
  const text = String(body["error"]);
  if (typeof error === "string") assert.equal(text, error);
  else assert.match(text, error);
}

export interface ActionOptions {
  readonly parameters?: readonly Json[];
  readonly annotations?: readonly Json[];
  readonly limits?: Json;
  readonly kind?: string;
  readonly main?: string;
}

/** Creates or replaces an action of that JavaScript. */
export async function putAction(
  brisk: Brisk,
  { name, code, ...options }: { readonly name: string; readonly code: string } & ActionOptions,
): Promise<Json> {
  const { kind = "nodejs:default", main, ...rest } = options;
  const answer = await brisk.request("PUT", `${ACTIONS}/${name}?overwrite=true`, {
    body: { exec: { kind, code, main }, ...rest },
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

/** Invokes and waits; the answer is the record. */
export function invoke(
  brisk: Brisk,
  name: string,
  { query = "blocking=true", body }: { readonly query?: string; readonly body?: unknown } = {},
): Promise<Answer> {
  return brisk.request("POST", `${ACTIONS}/${name}?${query}`, { body });
}

/** The stored record, which may appear a little later than the answer. */
export async function readActivation(brisk: Brisk, id: unknown): Promise<ActivationRecord> {
  return waitFor(async () => {
    const { status, json } = await brisk.request("GET", `${ACTIVATIONS}/${id}`);
    return status === 200 ? (json as ActivationRecord) : undefined;
  });
}

export function annotationOf(
  { annotations }: Pick<ActivationRecord, "annotations">,
  key: string,
): unknown {
  return annotations.find((annotation) => annotation.key === key)?.value;
}

/** Bytes to the server's port, and all that comes back until it closes. */
export function sendRaw({ url }: Brisk, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  return readText(socket);
}

const DEADLINE_MS = 15_000;
const POLL_MS = 10;

/** What `look` finds, as soon as it finds something. */
export async function waitFor<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, `waited ${DEADLINE_MS} ms in vain for ${look}`);
    await delay(POLL_MS);
  }
}
