// What the tests of web actions share: exported actions, and requests as strangers send them.

import assert from "node:assert/strict";
import type { Answer, Brisk, RequestOptions } from "../harness.ts";
import { type Json, putAction } from "./fixture.ts";

/** The guest's web actions that are in no package. */
export const WEB = "/api/v1/web/guest/default";
/** Returns what it is given. */
export const ECHO = "exports.main = (all) => all";
export const MISSING = "The requested resource does not exist.";

export interface WebActionOptions {
  readonly name: string;
  readonly code?: string;
  /** Beside `web-export` and `final`. */
  readonly annotations?: Json;
  readonly parameters?: Json;
}

export async function putWebAction(
  brisk: Brisk,
  { name, code = ECHO, annotations = {}, parameters = {} }: WebActionOptions,
): Promise<void> {
  const all = { "web-export": true, final: true, ...annotations };
  await putAction(brisk, {
    name,
    code,
    annotations: toKeyValues(all),
    parameters: toKeyValues(parameters),
  });
}

export function toKeyValues(object: Json): readonly Json[] {
  return Object.entries(object).map(([key, value]) => ({ key, value }));
}

/** Without a key, unless the headers have one. `path` begins behind the guest's `default`. */
export function callWeb(
  brisk: Brisk,
  line: string,
  { headers, ...options }: RequestOptions = {},
): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  return brisk.request(method, path.startsWith("/api/") ? path : `${WEB}/${path}`, {
    ...options,
    headers: { authorization: undefined, ...headers },
  });
}

/** An error of the web path: a sentence and the request's id, pretty-printed. */
export function checkWebError({ json, text, headers }: Answer, error: string | RegExp): void {
  const body = json as Json;
  assert.deepEqual(Object.keys(body), ["error", "code"]);
  assert.equal(body["code"], headers["x-request-id"]);
  assert.equal(headers["content-type"], "application/json");
  assert.equal(text, JSON.stringify(body, null, 2));
  if (typeof error === "string") assert.equal(body["error"], error);
  else assert.match(String(body["error"]), error);
}

/** Refusals in the request's form and its parameters' are compact. */
export function checkCompactError({ json, text, headers }: Answer, error: RegExp): void {
  const body = json as Json;
  assert.equal(text, JSON.stringify(body));
  assert.equal(body["code"], headers["x-request-id"]);
  assert.match(String(body["error"]), error);
  assert.equal(headers["access-control-allow-origin"], undefined);
  assert.equal(headers["x-openwhisk-activation-id"], undefined);
}
