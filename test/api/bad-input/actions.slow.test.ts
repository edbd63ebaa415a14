// Bad requests for actions, one row each: paths, queries, bodies, rights, and which of two faults is
// named (rest-api specification, 1.4, 1.5, 2, 3.0, 3.1, 4, 13). More of fields: ../action-fields.test.ts.

import { ACTIONS, type Row, testRows, useBrisk } from "../fixture.ts";
import { createTenant, EXEC } from "../tenants.ts";
import { fieldRows, malformedRows, WRONG_COMMON, WRONG_KEY_VALUES } from "./malformed.ts";

const MB = 1024 * 1024;
const MISSING = "The requested resource does not exist.";
const NO_ROUTE = "The requested resource could not be found.";
const OTHER_TYPE = "Resource by this name exists but is not in this collection.";
const NO_KEY = "The resource requires authentication, which was not supplied with the request";
const FOREIGN = "/api/v1/namespaces/neighbour/actions";
const ILLEGAL = /contains illegal characters: use letters, digits/;
const TOO_LONG = "Name segement longer than allowed: 257 > 256.";
const LABEL = { "content-type": "application/json" };
const VERBS = ["GET", "PUT", "POST", "DELETE"];

const brisk = useBrisk({
  setUp: async (up) => {
    await createTenant(up, "neighbour");
    await up.request("PUT", `${ACTIONS}/there`, { body: { exec: EXEC } });
  },
});

/** What is put must be JSON for other faults to be met. */
function withBody(method: string): Pick<Row, "body"> {
  return method === "PUT" ? { body: { exec: EXEC } } : {};
}

testRows(brisk, malformedRows({ method: "PUT", path: `${ACTIONS}/malformed` }));

const PUT = { path: `${ACTIONS}/fields`, whole: { exec: EXEC } };
testRows(brisk, fieldRows(PUT, WRONG_COMMON));
testRows(brisk, fieldRows(PUT, WRONG_KEY_VALUES));
testRows(brisk, [
  ...fieldRows(PUT, [
    ...[[], "nodejs:24", 1, true].map((exec) => [{ exec }, "'exec' must be an object"] as const),
    ...[null, 1, [], {}].map(
      (kind) =>
        [{ exec: { kind, code: "" } }, "'kind' must be a string defined in 'exec'"] as const,
    ),
    ...[1, true, ["x"], {}].map(
      (code) => [{ exec: { ...EXEC, code } }, "'code' must be a string defined in 'exec'"] as const,
    ),
    ...[1, [], {}].map(
      (main) => [{ exec: { ...EXEC, main } }, "'main' must be a string defined in 'exec'"] as const,
    ),
    [{ exec: { kind: "nodejs:24", jar: 1 } }, "'jar' must be a string defined in 'exec'"],
    [
      { exec: { kind: "nodejs:24", code: null } },
      "'code' must be a string defined in 'exec' for 'nodejs:24' actions",
    ],
    ...["a", {}, 1].map(
      (delAnnotations) => [{ delAnnotations }, "'delAnnotations' must be an array"] as const,
    ),
    ...[1, null, {}].map(
      (one) =>
        [
          { delAnnotations: ["a", one] },
          "'1' must be a string defined in 'delAnnotations'",
        ] as const,
    ),
    ...[[], "a", 1, true].map((limits) => [{ limits }, "'limits' must be an object"] as const),
  ]),
  ...["timeout", "memory", "logs", "concurrency", "instances"].flatMap((limit) => [
    ...["1", true, [], {}].map(
      (value): Row => ({
        name: `the limit ${limit} is no ${JSON.stringify(value)}`,
        method: "PUT",
        path: PUT.path,
        body: { exec: EXEC, limits: { [limit]: value } },
        status: 400,
        error: `The request content was malformed:\n'${limit}' must be a number defined in 'limits'`,
      }),
    ),
    ...["1.5", "1e400", "1e-5", "-1", "1e300"].map(
      (number): Row => ({
        name: `the limit ${limit} is not ${number}`,
        method: "PUT",
        path: PUT.path,
        body: `{"exec":{"kind":"nodejs:24","code":""},"limits":{"${limit}":${number}}}`,
        headers: LABEL,
        status: 400,
        error:
          /^The request content was malformed:\n('\w+' must be a whole number|.* allowed threshold|.* concurrency must be)|^Max action instance concurrency must not exceed/,
      }),
    ),
  ]),
  {
    name: "a number that would be stored as null is refused",
    method: "PUT",
    path: PUT.path,
    body: '{"exec":{"kind":"nodejs:24","code":""},"parameters":[{"key":"a","value":[1e400]}]}',
    headers: LABEL,
    status: 400,
    error:
      "The request content was malformed:\na number in the body is too large, must be at most 1.8e308",
  },
  {
    name: "an error echoes no megabyte",
    method: "PUT",
    path: PUT.path,
    body: { exec: { kind: "k".repeat(MB), code: "" } },
    status: 400,
    error: /^The request content was malformed:\nThe specified runtime 'k{1000,2000}…$/,
  },
  {
    name: "half of a surrogate pair in code is answered as what it is stored as",
    method: "PUT",
    path: `${ACTIONS}/half`,
    body: '{"exec":{"kind":"nodejs:24","code":"\\ud800"}}',
    headers: LABEL,
    status: 200,
    has: { exec: { kind: "nodejs:24", code: "\ufffd", binary: false } },
  },
]);

testRows(brisk, [
  ...VERBS.map((method) => ({
    name: `${method} refuses a name of 257 characters`,
    method,
    path: `${ACTIONS}/${"x".repeat(257)}`,
    ...withBody(method),
    status: 400,
    error: TOO_LONG,
  })),
  ...VERBS.map((method) => ({
    name: `${method} refuses a package's name of 257 characters`,
    method,
    path: `${ACTIONS}/${"x".repeat(257)}/a`,
    ...withBody(method),
    status: 400,
    error: TOO_LONG,
  })),
  ...["-a", "a ", "ü", "a$b", "a/b"].flatMap((name) =>
    VERBS.map((method) => ({
      name: `${method} refuses the package's name ${JSON.stringify(name)}`,
      method,
      path: `${ACTIONS}/${encodeURIComponent(name)}/a`,
      ...withBody(method),
      status: 400,
      error: ILLEGAL,
    })),
  ),
  ...VERBS.map((method) => ({
    name: `${method} refuses an illegal name in a package, also in one that is missing`,
    method,
    path: `${ACTIONS}/no-package/a$`,
    ...withBody(method),
    status: 400,
    error: ILLEGAL,
  })),
  ...["-a", "a$", "%20"].map((name) => ({
    name: `the list of the package '${name}' is refused by its name`,
    method: "GET",
    path: `${ACTIONS}/${name}/`,
    status: 400,
    error: ILLEGAL,
  })),
  {
    name: "an action is no package to list",
    method: "GET",
    path: `${ACTIONS}/there/`,
    status: 409,
    error: OTHER_TYPE,
  },
  ...["PUT", "POST", "DELETE", "PATCH"].map((method) => ({
    name: `${method} of a package's list is no verb of that path`,
    method,
    path: `${ACTIONS}/there/`,
    ...withBody(method),
    status: 404,
    error: NO_ROUTE,
  })),
  ...["PATCH", "TRACE"].flatMap((method) =>
    ["", "/", "/there", "/p/a"].map((suffix) => ({
      name: `${method} ${ACTIONS}${suffix} is no verb of that path`,
      method,
      path: `${ACTIONS}${suffix}`,
      status: 404,
      error: NO_ROUTE,
    })),
  ),
  ...["code=maybe", "code=2", "code=null"].map((query) => ({
    name: `${query} is no truth value`,
    method: "GET",
    path: `${ACTIONS}/there?${query}`,
    status: 400,
    error: /^The query parameter 'code' was malformed:\n'.+' is not a valid Boolean value$/,
  })),
  ...["count=maybe", "count=-1"].map((query) => ({
    name: `${query} is no truth value in a list`,
    method: "GET",
    path: `${ACTIONS}?${query}`,
    status: 400,
    error: /^The query parameter 'count' was malformed:\n'.+' is not a valid Boolean value$/,
  })),
  ...["1e1", "0x10", "+1", "1 ", "--1", "9".repeat(30), "١"].flatMap((number) =>
    ["limit", "skip"].map((name) => ({
      name: `${name}=${number} is no whole number`,
      method: "GET",
      path: `${ACTIONS}?${name}=${encodeURIComponent(number)}`,
      status: 400,
      error: `The query parameter '${name}' was malformed:\nThe value '${number}' is not an integer for actions.`,
    })),
  ),
  {
    name: "a list skips as far as one likes",
    method: "GET",
    path: `${ACTIONS}?skip=${Number.MAX_SAFE_INTEGER}`,
    status: 200,
    json: [],
  },
  {
    name: "of a query parameter given twice the first one holds",
    method: "GET",
    path: `${ACTIONS}?limit=1&limit=nonsense`,
    status: 200,
  },
]);

testRows(brisk, [
  ...VERBS.flatMap((method) =>
    ["quick", "missing"].map((name) => ({
      name: `${method} of a neighbour's action '${name}' is refused, whether it is there or not`,
      method,
      path: `${FOREIGN}/${name}`,
      ...withBody(method),
      status: 403,
      error: `The supplied authentication is not authorized to access 'neighbour/${name}'.`,
    })),
  ),
  ...VERBS.map((method) => ({
    name: `${method} in a neighbour's package is refused by the package's name`,
    method,
    path: `${FOREIGN}/p/a`,
    ...withBody(method),
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour/p'.",
  })),
  {
    name: "the actions of a neighbour's package are not listed",
    method: "GET",
    path: `${FOREIGN}/p/`,
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour/p'.",
  },
  ...VERBS.map((method) => ({
    name: `${method} without a key hears so before anything is said of its name`,
    method,
    path: `${ACTIONS}/a$`,
    headers: { authorization: undefined },
    ...withBody(method),
    status: 401,
    error: NO_KEY,
  })),
  ...VERBS.map((method) => ({
    name: `${method} of a neighbour's action hears of the name before the rights`,
    method,
    path: `${FOREIGN}/a$`,
    ...withBody(method),
    status: 400,
    error: ILLEGAL,
  })),
  {
    name: "a neighbour's action is refused before its body is read",
    method: "PUT",
    path: `${FOREIGN}/quick`,
    body: "no JSON",
    headers: { "content-type": "text/plain" },
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour/quick'.",
  },
  {
    name: "the query is looked at before the body",
    method: "PUT",
    path: `${ACTIONS}/order?overwrite=maybe`,
    body: "no JSON",
    headers: LABEL,
    status: 400,
    error: /^The query parameter 'overwrite' was malformed/,
  },
  {
    name: "the label is looked at before the text",
    method: "PUT",
    path: `${ACTIONS}/order`,
    body: "no JSON",
    headers: { "content-type": "text/plain" },
    status: 415,
    error:
      "The request's Content-Type is not supported. Expected:\napplication/json, got text/plain",
  },
  {
    name: "sizes are looked at before what is there",
    method: "PUT",
    path: `${ACTIONS}/there`,
    body: { parameters: [{ key: "k", value: "x".repeat(MB) }] },
    status: 413,
    error: `parameters larger than allowed: ${MB + 3} > ${MB} bytes.`,
  },
  {
    name: "types are looked at before sizes",
    method: "PUT",
    path: `${ACTIONS}/there`,
    body: { parameters: [{ key: "k", value: "x".repeat(MB) }], publish: 1 },
    status: 400,
    error: "The request content was malformed:\n'publish' must be true or false",
  },
  {
    name: "the code's size is named before the parameters'",
    method: "PUT",
    path: `${ACTIONS}/order`,
    body: {
      exec: { kind: "nodejs:24", code: "x".repeat(48 * MB + 1) },
      parameters: [{ key: "k", value: "x".repeat(MB + 1) }],
    },
    status: 413,
    error: `exec larger than allowed: ${48 * MB + 1} > ${48 * MB} bytes.`,
  },
  {
    name: "the parameters' size is named before the annotations'",
    method: "PUT",
    path: `${ACTIONS}/order`,
    body: {
      parameters: [{ key: "k", value: "x".repeat(MB) }],
      annotations: [{ key: "k", value: "x".repeat(MB) }],
    },
    status: 413,
    error: /^parameters larger than allowed/,
  },
  {
    name: "what exists is a conflict before anything is said of its limits",
    method: "PUT",
    path: `${ACTIONS}/there`,
    body: { exec: EXEC, limits: { memory: 1 } },
    status: 409,
    error: "resource already exists",
  },
  {
    name: "an update's limits are checked as a creation's are",
    method: "PUT",
    path: `${ACTIONS}/there?overwrite=true`,
    body: { limits: { memory: 1 } },
    status: 400,
    error: /memory size 1 MB below allowed threshold of 128 MB$/,
  },
  {
    name: "after all that the action is as it was",
    method: "GET",
    path: `${ACTIONS}/there`,
    status: 200,
    has: { version: "0.0.1", publish: false, parameters: [] },
  },
  ...["malformed", "fields", "order"].map((name) => ({
    name: `after all that there is no action '${name}'`,
    method: "GET",
    path: `${ACTIONS}/${name}`,
    status: 404,
    error: MISSING,
  })),
]);
