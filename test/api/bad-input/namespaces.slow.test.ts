// Bad requests for namespaces and limits, and bad credentials, one row each (rest-api specification,
// 1.6, 3.6, 3.8, 9.1, 13). Subjects that change: ../entitlement.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, checkError, OWN, testRows, useBrisk } from "../fixture.ts";
import { basic, createTenant } from "../tenants.ts";

const NO_ROUTE = "The requested resource could not be found.";
const NO_KEY = "The resource requires authentication, which was not supplied with the request";
const INVALID = "The supplied authentication is invalid";

const brisk = useBrisk();

testRows(brisk, [
  ...["POST", "PUT", "DELETE", "PATCH", "TRACE"].flatMap((method) =>
    ["/api/v1/namespaces", "/api/v1/namespaces/", `${OWN}/limits`, `${OWN}/limits/`].map(
      (path) => ({
        name: `${method} ${path} is no verb of that path`,
        method,
        path,
        status: 404,
        error: NO_ROUTE,
      }),
    ),
  ),
  ...["", "/"].map((suffix) => ({
    name: `a namespace${suffix} by itself is not there`,
    method: "GET",
    path: `${OWN}${suffix}`,
    status: 404,
    error: NO_ROUTE,
  })),
  ...["memory", "maxActionMemory", "_", "a$"].map((name) => ({
    name: `limits have no part '${name}'`,
    method: "GET",
    path: `${OWN}/limits/${name}`,
    status: 400,
    error: `Limits have no part '${name}': get them as a whole`,
  })),
  {
    name: "parts of a part of the limits are not there",
    method: "GET",
    path: `${OWN}/limits/memory/max`,
    status: 404,
    error: NO_ROUTE,
  },
  ...["somebody", "whisk.system", "Guest"].map((namespace) => ({
    name: `the namespace '${namespace}' is another one, whether it is there or not`,
    method: "GET",
    path: `/api/v1/namespaces/${namespace}/limits`,
    status: 403,
    error: `The supplied authentication is not authorized to access '${namespace}/limits'.`,
  })),
  ...["guest%20", "%20", "..", "guest%00", "-", "%C3%BC"].map((namespace) => ({
    name: `no namespace can be called '${namespace}'`,
    method: "GET",
    path: `/api/v1/namespaces/${namespace}/limits`,
    status: 400,
    error: "The namespace contains illegal characters.",
  })),
  ...["/api/v1/namespaces//limits", "/api/v1//namespaces", "/api/v1/namespaces/_//actions"].map(
    (path) => ({
      name: `${path} has an empty segment`,
      method: "GET",
      path,
      status: 404,
      error: NO_ROUTE,
    }),
  ),
  ...["web", "nothing", "namespace", "Namespaces", "actions"].map((name) => ({
    name: `there is no /api/v1/${name}`,
    method: "GET",
    path: `/api/v1/${name}`,
    status: 404,
    error: NO_ROUTE,
  })),
  ...["Basic", "Bearer x", "Digest username=a", "Basicx y", "basic", "", " ", "key"].map(
    (authorization) => ({
      name: `the authorization '${authorization}' is as good as none`,
      method: "GET",
      path: "/api/v1/namespaces",
      headers: { authorization },
      status: 401,
      error: NO_KEY,
    }),
  ),
  ...[
    "Basic !!!!",
    "Basic =",
    "Basic \u00ff\u00fe",
    "Basic Og==",
    "Basic OjpPT08=",
    "Basic a b",
  ].map((authorization) => ({
    name: `the authorization '${authorization}' is invalid`,
    method: "GET",
    path: "/api/v1/namespaces",
    headers: { authorization },
    status: 401,
    error: INVALID,
  })),
]);

test("a pair that is nearly right is invalid, and says no more than any other", async () => {
  const [uuid = "", key = ""] = brisk().auth.split(":");
  const { subject } = await createTenant(brisk(), "neighbour");
  const [other] = subject.namespaces;
  const pairs = [
    `${uuid}:${key}x`,
    `${uuid}:${key.slice(1)}`,
    `${uuid}:${key} `,
    ` ${uuid}:${key}`,
    `${uuid}:${key}\n`,
    `${uuid}::${key}`,
    `${uuid}:${"x".repeat(64)}`,
    `${uuid}:${"\u00fc".repeat(64)}`,
    `${uuid}:${key.toUpperCase()}${key === key.toUpperCase() ? "x" : ""}`,
    `${uuid.toUpperCase()}:${key}`,
    `${uuid}:${other?.key}`,
    `${other?.uuid}:${key}`,
    `guest:${key}`,
    `' OR 1=1 --:${key}`,
    `__proto__:${key}`,
  ];
  for (const pair of pairs) {
    const answer = await brisk().request("GET", ACTIONS, { headers: basic(pair) });
    assert.equal(answer.status, 401, pair.replace(key, "KEY"));
    checkError(answer, INVALID);
  }
});
