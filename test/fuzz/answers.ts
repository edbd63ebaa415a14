// What every answer must be, whatever was asked: the fuzz test's invariants of a single request.

import assert from "node:assert/strict";
import type { Json } from "../api/fixture.ts";
import type { Answer } from "../harness.ts";
import type { FuzzRequest } from "./requests.ts";

/** An error echoes no whole body. */
const ERROR_LENGTH_MAX = 2100;
/** What only somebody who looks into the platform should see. */
const INSIDES = /\n\s+at |node:internal|\.ts:\d|SQLITE|Cannot read propert|is not a function/;
const DEVELOPER_ERRORS = ["application error", "action developer error"];

export function checkAnswer(request: FuzzRequest, answer: Answer): void {
  const { status, headers, text } = answer;
  assert.equal(typeof headers["x-request-id"], "string", "every answer has its transaction id");
  if (status === 501) assert.equal(request.isDocumented, false, "a documented verb is known");
  else if (status >= 500) assert.ok(isFailedActivation(answer), "a 5xx is a failed activation");
  if (status >= 400 && !isActivation(answer) && request.method !== "HEAD") checkErrorBody(answer);
  if (status === 204) assert.equal(text, "", "204 has no body");
  else if (isJson(answer) && request.method !== "HEAD") {
    assert.notEqual(answer.json, undefined, "what is called JSON is JSON");
  }
  if (request.isDocumented) {
    const { statuses, hasOthers } = request.operation;
    assert.ok(hasOthers || statuses.includes(status), `${status} is documented`);
  }
}

/** Such an answer's body is the action's matter. */
function isActivation({ headers }: Answer): boolean {
  return headers["x-openwhisk-activation-id"] !== undefined;
}

function isJson({ headers, text }: Answer): boolean {
  return headers["content-type"] === "application/json" && text !== "";
}

/**
 * The only ones there may be (rest-api specification, 5.3): 502 for what the action did, 500 for what
 * the platform did to an activation that it had accepted, each as a record or as the bare result, and
 * never with a transaction's `code`. 503 is for platforms that are full, and this one is not.
 */
function isFailedActivation(answer: Answer): boolean {
  const body = answer.json as Json | undefined;
  if (!isActivation(answer) || body === undefined || "code" in body) return false;
  const response = body["response"] as { readonly status?: string } | undefined;
  const isBare = Object.keys(body).join() === "error";
  switch (answer.status) {
    case 502:
      return isBare || DEVELOPER_ERRORS.includes(response?.status ?? "");
    case 500:
      return isBare || response?.status === "whisk internal error";
    default:
      return false;
  }
}

function checkErrorBody({ json, headers }: Answer): void {
  assert.ok(typeof json === "object" && json !== null, "an error has a JSON body");
  const { error, code, ...more } = json as Json;
  assert.deepEqual(more, {}, "an error has nothing but its sentence and its code");
  assert.ok(typeof error === "string" && error.trim() !== "", "an error has a sentence");
  assert.equal(code, headers["x-request-id"], "an error's code is the transaction id");
  assert.ok(error.length <= ERROR_LENGTH_MAX, "an error is no longer than a reader bears");
  assert.doesNotMatch(error, INSIDES, "an error shows no insides");
}
