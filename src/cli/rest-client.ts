// A plain client of the REST API: one request, one answer as text. On Node's own `http`, as `fetch`
// takes 50 ms to load. Answers and waits are bounded.

import type { IncomingMessage, RequestOptions } from "node:http";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { parseLossless } from "../kernel/lossless-json.ts";
import { MB, SECOND_MS } from "../kernel/units.ts";
import type { Environment } from "../settings/environment.ts";
import { CliError, EXIT, toExitCode } from "./cli-error.ts";
import type { Connection } from "./connection.ts";
import type { Trace } from "./trace.ts";

export interface RestRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Below `/api/v1`, percent-encoded; absolute from the host's root where `isRoot`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** JSON text. */
  readonly body?: string;
  readonly isRoot?: boolean;
  readonly isAnonymous?: boolean;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface RestAnswer {
  readonly status: number;
  readonly text: string;
  readonly requestId: string | undefined;
}

export interface RestClientOptions {
  readonly connection: Connection;
  readonly environment: Environment;
  readonly userAgent: string;
  /** Opened with the first request. */
  readonly openTrace?: (() => Promise<Trace>) | undefined;
}

/** A blocking invocation is answered after 60 s at the latest; the rest is for a slow way. */
const SILENCE_MS_MAX = 120 * SECOND_MS;
/** A list of 200 whole activations may be large; beyond this it is no answer to a person. */
const ANSWER_BYTES_MAX = 256 * MB;

export class RestClient {
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /** Rejects with a `CliError` if there is no answer; any status is one. */
  async send(request: RestRequest): Promise<RestAnswer> {
    const trace = await this.#options.openTrace?.();
    const url = this.#toUrl(request);
    trace?.request(request, url);
    const answer = await this.#exchange(request, url).catch((cause) => {
      throw toNetworkError(cause, url);
    });
    trace?.answer(answer);
    return answer;
  }

  /** The answer's JSON, or a `CliError` with the server's sentence and the request's id. */
  async call(request: RestRequest): Promise<unknown> {
    const answer = await this.send(request);
    if (answer.status < 200 || answer.status > 299) throw toApiError(answer);
    return readJson(answer);
  }

  #toUrl({ path, query = {}, isRoot = false }: RestRequest): URL {
    const { host, apiVersion } = this.#options.connection;
    const url = new URL(host);
    const below = isRoot ? path : `/api/${apiVersion}${path}`;
    url.pathname = `${host.pathname.replace(/\/$/, "")}${below}`;
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  #exchange(request: RestRequest, url: URL): Promise<RestAnswer> {
    const isSecure = url.protocol === "https:";
    // An import of `node:http` evaluates all its exports, of which WebSocket alone takes 50 ms.
    const http = process.getBuiltinModule(isSecure ? "node:https" : "node:http");
    return new Promise((resolve, reject) => {
      const outgoing = http.request(url, this.#toOptions(request, url), (incoming) => {
        collect(incoming).then(resolve, reject);
      });
      outgoing.setTimeout(SILENCE_MS_MAX, () => {
        outgoing.destroy(new Error(`no answer within ${SILENCE_MS_MAX / SECOND_MS} s`));
      });
      outgoing.once("error", reject);
      outgoing.end(request.body);
    });
  }

  #toOptions(request: RestRequest, url: URL): RequestOptions {
    const { connection, environment, userAgent } = this.#options;
    const { body, signal, headers = {}, isAnonymous = false } = request;
    const proxy = createProxyAgent(environment, url);
    return {
      method: request.method,
      headers: {
        ...headers,
        "User-Agent": userAgent,
        ...(isAnonymous || connection.auth === ""
          ? {}
          : { Authorization: `Basic ${Buffer.from(connection.auth).toString("base64")}` }),
        ...(body === undefined
          ? {}
          : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }),
      },
      ...(signal === undefined ? {} : { signal }),
      ...(proxy === undefined ? {} : { agent: proxy }),
      ...(connection.verifiesServer ? {} : { rejectUnauthorized: false }),
      ...connection.certificate,
    };
  }
}

function createProxyAgent(environment: Environment, url: URL): RequestOptions["agent"] {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const isHere = /^(localhost|127\.|\[::1\])/.test(url.hostname);
  if (isHere || (environment[name] ?? environment[name.toLowerCase()]) === undefined)
    return undefined;
  const proxyEnv = { ...environment };
  return url.protocol === "https:"
    ? new (process.getBuiltinModule("node:https").Agent)({ proxyEnv })
    : new (process.getBuiltinModule("node:http").Agent)({ proxyEnv });
}

async function collect(incoming: IncomingMessage): Promise<RestAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      incoming.destroy();
      throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX / MB} MB`);
    }
    chunks.push(chunk);
  }
  const requestId = incoming.headers["x-request-id"];
  return {
    status: incoming.statusCode ?? 0,
    text: Buffer.concat(chunks).toString("utf8"),
    requestId: typeof requestId === "string" ? requestId : undefined,
  };
}

/** What can be done about it, where that is known. */
const REMEDIES: Readonly<Record<string, (where: string) => string>> = {
  ECONNREFUSED: (where) =>
    `the connection to ${where} was refused: start the platform with 'brisk up', or name another with --apihost`,
  ENOTFOUND: (where) => `there is no host of ${where}: name another with --apihost`,
  EPROTO: toPlainRemedy,
  ERR_SSL_WRONG_VERSION_NUMBER: toPlainRemedy,
  DEPTH_ZERO_SELF_SIGNED_CERT: toTrustRemedy,
  SELF_SIGNED_CERT_IN_CHAIN: toTrustRemedy,
};

function toPlainRemedy(where: string): string {
  return `${where} does not speak TLS as it should: without it, it is ${where.replace("https:", "http:")}`;
}

function toTrustRemedy(where: string): string {
  return `the certificate of ${where} is self-signed: --insecure takes it as it is`;
}

function toNetworkError(cause: unknown, { host, protocol }: URL): CliError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const where = `${protocol}//${host}`;
  const sentence = REMEDIES[code]?.(where) ?? `no answer from ${where}: ${message || code}`;
  return new CliError(sentence, { exitCode: EXIT.network, cause });
}

export function readJson({ text, status }: RestAnswer): unknown {
  try {
    return parseLossless(text);
  } catch (cause) {
    const message = `the server's answer (HTTP status ${status}) is not JSON`;
    throw new CliError(message, { exitCode: EXIT.network, cause });
  }
}

/** Both fields are always there in what Brisk and OpenWhisk say; a proxy between may say anything. */
export function toApiError(answer: RestAnswer): CliError {
  const body = tryJson(answer.text);
  const error = typeof body["error"] === "string" ? body["error"] : undefined;
  const code = typeof body["code"] === "string" ? body["code"] : answer.requestId;
  const sentence = error ?? `the server answered with HTTP status ${answer.status}`;
  const id = code === undefined ? "" : ` (code ${code})`;
  return new CliError(`${sentence}${id}`, { exitCode: toExitCode(answer.status) });
}

function tryJson(text: string): JsonObject {
  try {
    const value = parseLossless(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // What is not JSON has no fields: the status says it all.
    return {};
  }
}
