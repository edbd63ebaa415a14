// What --verbose and --debug show: each request and its answer, on stdout as `wsk` does. Unlike there,
// keys, passwords and init parameters, which hold secrets, are hidden, so that it can be shown around.

import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { isRawNumber, parseLossless } from "../kernel/lossless-json.ts";
import { formatJson } from "./lossless-json.ts";
import type { RestAnswer, RestRequest } from "./rest-client.ts";
import type { Terminal } from "./terminal.ts";

const HIDDEN = "[hidden]";
const SECRET_NAME =
  /pass(word|wd|phrase)|secret|token|credential|auth|api[-_]?key|private[-_]?key/i;
const BODY_LENGTH_MAX = 1000;

export class Trace {
  readonly #terminal: Terminal;
  readonly #auth: string;
  readonly #isWhole: boolean;

  constructor(terminal: Terminal, { auth, isWhole }: { auth: string; isWhole: boolean }) {
    this.#terminal = terminal;
    this.#auth = auth;
    this.#isWhole = isWhole;
  }

  request({ method, body, headers = {}, isAnonymous }: RestRequest, url: URL): void {
    const lines = ["REQUEST:", `[${method}]\t${url.href}`];
    if (isAnonymous !== true && this.#auth !== "") lines.push(`Authorization: Basic ${HIDDEN}`);
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (body !== undefined) lines.push("Req Body", this.#show(body));
    this.#terminal.print(lines.join("\n"));
  }

  answer({ status, text, requestId }: RestAnswer): void {
    this.#terminal.print(
      [
        `RESPONSE:Got response with code ${status}`,
        `X-Request-ID: ${requestId ?? ""}`,
        `Response body size is ${Buffer.byteLength(text)} bytes`,
        "Response body received:",
        this.#show(text),
      ].join("\n"),
    );
  }

  #show(body: string): string {
    const shown = hideSecrets(body);
    const bare = this.#auth === "" ? shown : shown.replaceAll(this.#auth, HIDDEN);
    if (this.#isWhole || bare.length <= BODY_LENGTH_MAX) return bare;
    return `${bare.slice(0, BODY_LENGTH_MAX)}...`;
  }
}

function hideSecrets(body: string): string {
  let value: unknown;
  try {
    value = parseLossless(body);
  } catch {
    // Not JSON: it has no names by which a secret could be known.
    return body;
  }
  return formatJson(hide(value));
}

function hide(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hide);
  if (!isJsonObject(value) || isRawNumber(value)) return value;
  const entries = Object.entries(value).map(([name, each]) => [
    name,
    isSecret(name, value) ? HIDDEN : hide(each),
  ]);
  return Object.fromEntries(entries);
}

/** `{"password": …}`, and `{"key": "password", "value": …}` as parameters are written. A switch is none. */
function isSecret(name: string, entry: JsonObject): boolean {
  const { key, value, init } = entry;
  if (typeof entry[name] === "boolean") return false;
  if (name !== "value" || typeof key !== "string") return SECRET_NAME.test(name);
  return value !== undefined && (init === true || SECRET_NAME.test(key));
}
