// The real `brisk up` for tests: on a free port, in a directory of its own, gone afterwards. Requests
// go out by node:http, so that paths, verbs and headers arrive as they are written.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, request as openRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text as readText } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { readEnvironment } from "../src/settings/environment.ts";

export interface BriskOptions {
  /** Further arguments of `brisk up`. */
  readonly args?: readonly string[];
  /** Variables beside the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A data directory that is kept; absent: a fresh one that is removed. */
  readonly data?: string;
  /** Another `brisk` than the checkout's. */
  readonly program?: string;
}

export interface RequestOptions {
  /** Text and bytes are sent as they are, without a content type; anything else as JSON. */
  readonly body?: unknown;
  /** A header that is `undefined` is not sent, also where it would be by itself. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Ends the request; it then rejects. */
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `undefined` where the body is no JSON. */
  readonly json: unknown;
}

export interface Brisk extends AsyncDisposable {
  readonly url: string;
  /** `uuid:key` of the guest. */
  readonly auth: string;
  readonly namespace: string;
  readonly data: string;
  readonly child: ChildProcess;
  stderr(): string;
  /** `path` is everything after the host. The guest's key is sent unless the headers say otherwise. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** Its exit code; by force where it takes too long. May be called twice. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL("../bin/brisk", import.meta.url));
/** Far more than it takes, also on a busy machine: beyond it something hangs. */
const START_MS = 30_000;
const STOP_MS = 20_000;

export async function startBrisk(options: BriskOptions = {}): Promise<Brisk> {
  const { args = [], env, data, program = PROGRAM } = options;
  const directory = data ?? (await mkdtemp(join(tmpdir(), "brisk-test-")));
  const child = spawn(program, ["up", "--port", "0", "--data", directory, ...args], {
    env: { ...readEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);

  async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    return ended.finally(() => clearTimeout(force));
  }
  async function remove(): Promise<void> {
    await stop();
    if (data === undefined) await rm(directory, { recursive: true, force: true });
  }

  try {
    const url = await readReadyLine(child, () => errors);
    const { AUTH = "", NAMESPACE = "" } = await readProperties(directory);
    const key = { authorization: `Basic ${Buffer.from(AUTH).toString("base64")}` };
    return {
      url,
      auth: AUTH,
      namespace: NAMESPACE,
      data: directory,
      child,
      stderr: () => errors,
      request: (method, path, options = {}) =>
        sendRequest(`${method} ${path}`, url, {
          ...options,
          headers: { ...key, ...options.headers },
        }),
      stop,
      [Symbol.asyncDispose]: remove,
    };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

async function readReadyLine(
  child: ChildProcess & { readonly stdout: NodeJS.ReadableStream },
  errors: () => string,
): Promise<string> {
  const deadline = setTimeout(() => child.kill("SIGKILL"), START_MS);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = /^ready (http:\S+)$/.exec(line) ?? [];
      if (url !== undefined) return url;
    }
    throw new Error(`brisk up ended without becoming ready:\n${errors()}`);
  } finally {
    clearTimeout(deadline);
    child.stdout.resume();
  }
}

async function readProperties(directory: string): Promise<Record<string, string>> {
  const text = await readFile(join(directory, "wskprops"), "utf8");
  const lines = text.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(
    lines.map((line) => {
      const mark = line.indexOf("=");
      return [line.slice(0, mark), line.slice(mark + 1)];
    }),
  );
}

/** `line` is verb and path, as on the wire. */
async function sendRequest(
  line: string,
  url: string,
  { body, headers = {}, signal }: RequestOptions,
): Promise<Answer> {
  const blank = line.indexOf(" ");
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const bytes = body === undefined || isRaw ? body : JSON.stringify(body);
  const sent = Object.entries({
    ...(body === undefined || isRaw ? {} : { "content-type": "application/json" }),
    ...headers,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { hostname, port } = new URL(url);
  const isMeasured = bytes !== undefined && headers["transfer-encoding"] === undefined;
  const request = openRequest({
    hostname,
    port,
    method: line.slice(0, blank),
    path: line.slice(blank + 1),
    headers: {
      ...Object.fromEntries(sent),
      ...(isMeasured ? { "content-length": String(Buffer.byteLength(bytes)) } : {}),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  request.end(bytes);
  const [response] = await once(request, "response");
  // Where the connection breaks from here on, reading the response says so.
  request.on("error", () => {});
  const text = await readText(response);
  return { status: response.statusCode, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
