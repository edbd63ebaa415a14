// Bad requests for triggers and firings, one row each (rest-api specification, 1.4, 1.5, 3.3, 7, 9, 13).

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, checkError, OWN, testRows, useBrisk } from "../fixture.ts";
import { createTenant, EXEC } from "../tenants.ts";
import { type Collection, collectionRows, otherTypeRows, sizeRows } from "./collection.ts";
import { fieldRows, malformedRows, WRONG_COMMON, WRONG_KEY_VALUES } from "./malformed.ts";

const MB = 1024 * 1024;
const MISSING = "The requested resource does not exist.";
const TRIGGERS = `${OWN}/triggers`;
const FOREIGN = "/api/v1/namespaces/neighbour/triggers";
const LABEL = { "content-type": "application/json" };
const COLLECTION: Collection = {
  name: "triggers",
  verbs: { GET: undefined, PUT: {}, POST: {}, DELETE: undefined },
};

const brisk = useBrisk({
  setUp: async (up) => {
    const { request } = await createTenant(up, "neighbour");
    await request("PUT", `${FOREIGN}/tick`, {});
    await up.request("PUT", `${TRIGGERS}/tick`, { body: {} });
    await up.request("PUT", `${ACTIONS}/action`, { body: { exec: EXEC } });
  },
});

testRows(brisk, collectionRows(COLLECTION));
testRows(brisk, otherTypeRows(`${TRIGGERS}/action`, COLLECTION));
testRows(brisk, sizeRows(`${TRIGGERS}/large`));
testRows(brisk, malformedRows({ method: "PUT", path: `${TRIGGERS}/malformed` }));
// A payload is looked at before the trigger is.
testRows(brisk, malformedRows({ method: "POST", path: `${TRIGGERS}/missing` }));
testRows(brisk, malformedRows({ method: "POST", path: `${TRIGGERS}/tick` }));
const FIELDS = { path: `${TRIGGERS}/fields`, whole: {} };
testRows(brisk, fieldRows(FIELDS, WRONG_COMMON));
testRows(brisk, fieldRows(FIELDS, WRONG_KEY_VALUES));
testRows(
  brisk,
  fieldRows(FIELDS, [
    ...[[], 5, "a", true].map((limits) => [{ limits }, "'limits' must be an object"] as const),
    ...[[], 5, "a"].map((exec) => [{ exec }, "'exec' must be an object"] as const),
  ]),
);

testRows(brisk, [
  ...["GET", "POST", "DELETE"].map((method) => ({
    name: `${method} of a missing trigger`,
    method,
    path: `${TRIGGERS}/missing`,
    status: 404,
    error: MISSING,
  })),
  {
    name: "an existing trigger is not overwritten unasked",
    method: "PUT",
    path: `${TRIGGERS}/tick`,
    body: {},
    status: 409,
    error: "resource already exists",
  },
  {
    name: "a trigger's name is no action's",
    method: "PUT",
    path: `${ACTIONS}/tick`,
    body: { exec: EXEC },
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  },
  ...["maybe", "2"].map((overwrite) => ({
    name: `overwrite=${overwrite} is no truth value`,
    method: "PUT",
    path: `${TRIGGERS}/tick?overwrite=${overwrite}`,
    body: {},
    status: 400,
    error: `The query parameter 'overwrite' was malformed:\n'${overwrite}' is not a valid Boolean value`,
  })),
  ...[1, true, null, {}, [], "", "/", "/_/a$"].map((value) => ({
    name: `the feed ${JSON.stringify(value)} is no path`,
    method: "PUT",
    path: `${TRIGGERS}/fed`,
    body: { annotations: [{ key: "feed", value }] },
    status: 400,
    error: "The annotation 'feed' must be the path of an action",
  })),
  {
    name: "an unsupported kind in the body is refused: the body is read as a whole",
    method: "PUT",
    path: `${TRIGGERS}/kind`,
    body: { exec: { kind: "cobol:1", code: "" } },
    status: 400,
    error: /^The request content was malformed:\nThe specified runtime 'cobol:1' is not supported/,
  },
  {
    name: "a payload over 1 MB is refused, also of a missing trigger",
    method: "POST",
    path: `${TRIGGERS}/missing`,
    body: "x".repeat(MB + 1),
    headers: LABEL,
    status: 413,
    error: `Request larger than allowed: ${MB + 1} > ${MB} bytes.`,
  },
  {
    name: "a trigger without rules fires nothing",
    method: "POST",
    path: `${TRIGGERS}/tick`,
    status: 204,
    text: "",
  },
  ...["tick", "missing"].flatMap((name) =>
    ["GET", "PUT", "POST", "DELETE"].map((method) => ({
      name: `${method} of a neighbour's trigger '${name}' is refused, whether it is there or not`,
      method,
      path: `${FOREIGN}/${name}`,
      ...(method === "PUT" ? { body: {} } : {}),
      status: 403,
      error: `The supplied authentication is not authorized to access 'neighbour/${name}'.`,
    })),
  ),
  {
    name: "a neighbour's triggers are not listed",
    method: "GET",
    path: FOREIGN,
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour'.",
  },
  {
    name: "after all that the trigger is as it was",
    method: "GET",
    path: `${TRIGGERS}/tick`,
    status: 200,
    has: { version: "0.0.1", parameters: [], limits: {}, publish: false },
  },
]);

test("who may not fire at all hears so before rights, payload, and whether there is a trigger", async () => {
  const { request, limit } = await createTenant(brisk(), "throttled");
  await limit({ firesPerMinute: 0 });
  const own = "/api/v1/namespaces/throttled/triggers";
  for (const path of [`${FOREIGN}/tick`, `${own}/missing`]) {
    const answer = await request("POST", path, "no object");
    assert.equal(answer.status, 429, path);
    checkError(answer, /^Too many requests in the last minute \(count: \d+, allowed: 0\)\.$/);
    assert.equal(answer.headers["retry-after"], undefined);
  }
});
