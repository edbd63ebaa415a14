// Bad requests for rules, one row each (rest-api specification, 1.4, 1.5, 2, 3.4, 7.3, 9.1, 13).

import { ACTIONS, type Json, OWN, type Row, testRows, useBrisk } from "../fixture.ts";
import { createTenant, EXEC } from "../tenants.ts";
import { type Collection, collectionRows, otherTypeRows } from "./collection.ts";
import { fieldRows, malformedRows, WRONG_COMMON } from "./malformed.ts";

const MISSING = "The requested resource does not exist.";
const INCOMPLETE = "rule requires a valid trigger and a valid action";
const RULES = `${OWN}/rules`;
const FOREIGN = "/api/v1/namespaces/neighbour";
const LABEL = { "content-type": "application/json" };
const MALFORMED = /^The request content was malformed:\n./;
const UNQUALIFIED =
  "The request content was malformed:\nrequirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.";
const WHOLE = { trigger: "/_/tick", action: "/_/action" };
const COLLECTION: Collection = {
  name: "rules",
  verbs: { GET: undefined, PUT: WHOLE, POST: { status: "active" }, DELETE: undefined },
};

const brisk = useBrisk({
  setUp: async (up) => {
    const { request } = await createTenant(up, "neighbour");
    await request("PUT", `${FOREIGN}/triggers/tick`, {});
    await request("PUT", `${FOREIGN}/packages/private`, {});
    await request("PUT", `${FOREIGN}/actions/private/a`, { exec: EXEC });
    const put = (path: string, body: Json) => up.request("PUT", `${OWN}/${path}`, { body });
    for (const name of ["action", "gone-action"]) await put(`actions/${name}`, { exec: EXEC });
    for (const name of ["tick", "gone-tick"]) await put(`triggers/${name}`, {});
    for (const name of ["rule", "nulls"]) await put(`rules/${name}`, WHOLE);
    await put("rules/without-action", { trigger: "/_/tick", action: "/_/gone-action" });
    await put("rules/without-trigger", { trigger: "/_/gone-tick", action: "/_/action" });
    await up.request("DELETE", `${ACTIONS}/gone-action`);
    await up.request("DELETE", `${OWN}/triggers/gone-tick`);
  },
});

testRows(brisk, collectionRows(COLLECTION));
testRows(brisk, otherTypeRows(`${RULES}/action`, COLLECTION));
testRows(brisk, malformedRows({ method: "PUT", path: `${RULES}/malformed` }));
testRows(brisk, fieldRows({ path: `${RULES}/fields`, whole: WHOLE }, WRONG_COMMON));

function put(body: Json, row: Pick<Row, "status" | "error">): Row {
  return {
    name: `no rule is made of ${JSON.stringify(body).slice(0, 80)}`,
    method: "PUT",
    path: `${RULES}/new`,
    body,
    ...row,
  };
}

testRows(brisk, [
  ...[{}, { trigger: "/_/tick" }, { action: "/_/action" }, { trigger: null, action: null }].map(
    (body) => put(body, { status: 400, error: INCOMPLETE }),
  ),
  ...["trigger", "action"].flatMap((field) =>
    [1, true, [], {}, { path: "_" }, { name: "a" }, { path: 1, name: "a" }, { path: "_", name: 1 }]
      .map((value) => put({ ...WHOLE, [field]: value }, { status: 400, error: MALFORMED }))
      .concat(
        put({ ...WHOLE, [field]: "/a/b/c/d" }, { status: 400, error: MALFORMED }),
        ["/_/a$", "/_/-a"].map((value) =>
          put(
            { ...WHOLE, [field]: value },
            { status: 400, error: /^The name '.+' contains illegal/ },
          ),
        ),
        ["tick", "", "/", "/_/", "//"].map((value) =>
          put({ ...WHOLE, [field]: value }, { status: 400, error: UNQUALIFIED }),
        ),
      ),
  ),
  put(
    { ...WHOLE, trigger: "/_/missing" },
    { status: 400, error: "trigger /guest/missing does not exist" },
  ),
  put(
    { ...WHOLE, action: "/guest/missing" },
    { status: 400, error: "action /guest/missing does not exist" },
  ),
  put({ ...WHOLE, action: "/_/missing/a" }, { status: 404, error: MISSING }),
  put(
    { ...WHOLE, trigger: "/_/action" },
    { status: 400, error: "trigger /guest/action does not exist" },
  ),
  put({ ...WHOLE, action: "/_/tick" }, { status: 400, error: "action /guest/tick does not exist" }),
  ...["tick", "missing"].map((name) =>
    put(
      { ...WHOLE, trigger: `/neighbour/${name}` },
      {
        status: 403,
        error: `The supplied authentication is not authorized to access 'neighbour/${name}'.`,
      },
    ),
  ),
  ...["quick", "missing", "private/a"].map((name) =>
    put({ ...WHOLE, action: `/neighbour/${name}` }, { status: 403, error: /not authorized/ }),
  ),
  {
    name: "nothing of that has made a rule",
    method: "GET",
    path: `${RULES}/new`,
    status: 404,
    error: MISSING,
  },
]);

testRows(brisk, [
  ...["GET", "DELETE", "POST"].map((method) => ({
    name: `${method} of a missing rule`,
    method,
    path: `${RULES}/missing`,
    ...(method === "POST" ? { body: { status: "active" } } : {}),
    status: 404,
    error: MISSING,
  })),
  {
    name: "an existing rule is not overwritten unasked",
    method: "PUT",
    path: `${RULES}/rule`,
    body: WHOLE,
    status: 409,
    error: "resource already exists",
  },
  {
    name: "a rule's name is no action's",
    method: "PUT",
    path: `${ACTIONS}/rule`,
    body: { exec: EXEC },
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  },
  {
    name: "an update checks also what it leaves as it was: the action",
    method: "PUT",
    path: `${RULES}/without-action?overwrite=true`,
    body: { publish: true },
    status: 400,
    error: "action /guest/gone-action does not exist",
  },
  {
    name: "an update checks also what it leaves as it was: the trigger",
    method: "PUT",
    path: `${RULES}/without-trigger?overwrite=true`,
    body: { publish: true },
    status: 400,
    error: "trigger /guest/gone-tick does not exist",
  },
  {
    name: "a rule without its trigger is not enabled",
    method: "POST",
    path: `${RULES}/without-trigger`,
    body: { status: "active" },
    status: 404,
    error: MISSING,
  },
  ...["on", "", "ACTIVE", "activating", "deactivating", "enabled", 1, true, null, [], {}].map(
    (status) => ({
      name: `a rule's status is not ${JSON.stringify(status)}`,
      method: "POST",
      path: `${RULES}/rule`,
      body: { status },
      status: 400,
      error: MALFORMED,
    }),
  ),
  ...["{}", "[]", "null", '"active"', "{", ""].map((body) => ({
    name: `a rule's status is not set by ${body || "an empty body"}`,
    method: "POST",
    path: `${RULES}/rule`,
    body,
    headers: LABEL,
    status: 400,
    error: MALFORMED,
  })),
  {
    name: "a rule's status is not set without a body",
    method: "POST",
    path: `${RULES}/rule`,
    status: 400,
    error: MALFORMED,
  },
  {
    name: "a status labelled as something else is refused",
    method: "POST",
    path: `${RULES}/rule`,
    body: '{"status":"inactive"}',
    headers: { "content-type": "text/plain" },
    status: 415,
    error:
      "The request's Content-Type is not supported. Expected:\napplication/json, got text/plain",
  },
  ...["text/plain", "text/*", "application/json", "*/*"].map((accept) => ({
    name: `the answer to a status is text, which ${accept} takes as well as any`,
    method: "POST",
    path: `${RULES}/rule`,
    body: { status: "active" },
    headers: { accept },
    status: 200,
    text: "OK",
  })),
  {
    name: "who takes neither text nor JSON sets no status",
    method: "POST",
    path: `${RULES}/rule`,
    body: { status: "inactive" },
    headers: { accept: "text/html" },
    status: 406,
    error: "Resource representation is only available with these types:\ntext/plain",
  },
  {
    name: "what is null is as if it were not there",
    method: "PUT",
    path: `${RULES}/nulls?overwrite=true`,
    body: { trigger: null, action: null, annotations: null, version: null, publish: null },
    status: 200,
    has: { status: "active", annotations: [], publish: false },
  },
  ...["rule", "missing"].flatMap((name) =>
    ["GET", "PUT", "POST", "DELETE"].map((method) => ({
      name: `${method} of a neighbour's rule '${name}' is refused, whether it is there or not`,
      method,
      path: `${FOREIGN}/rules/${name}`,
      body: method === "PUT" ? WHOLE : method === "POST" ? { status: "active" } : undefined,
      status: 403,
      error: `The supplied authentication is not authorized to access 'neighbour/${name}'.`,
    })),
  ),
  {
    name: "a neighbour's rules are not listed",
    method: "GET",
    path: `${FOREIGN}/rules`,
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour'.",
  },
  {
    name: "after all that the rule is as it was",
    method: "GET",
    path: `${RULES}/rule`,
    status: 200,
    has: {
      version: "0.0.1",
      status: "active",
      trigger: { path: "guest", name: "tick" },
      action: { path: "guest", name: "action" },
    },
  },
]);
