// Bad requests for activations, one row each (rest-api specification, 1.4, 3.0, 3.5, 9.1, 13). What
// good ones are answered: ../activations.test.ts.

import { ACTIVATIONS, type Row, testRows, useBrisk } from "../fixture.ts";

const ID = "0123456789abcdef".repeat(2);
const NO_ROUTE = "The requested resource could not be found.";
const NO_KEY = "The resource requires authentication, which was not supplied with the request";
const NOT_VALID = "The activation id is not valid.";
const FOREIGN = "/api/v1/namespaces/neighbour/activations";

const brisk = useBrisk();

function lengthRow(id: string, length = id.length): Row {
  return {
    name: `the id '${id.slice(0, 40)}' has the wrong length`,
    method: "GET",
    path: `${ACTIVATIONS}/${id}`,
    status: 400,
    error: `Activation id length is ${length} but must be 32.`,
  };
}

testRows(brisk, [
  ...["POST", "PUT", "DELETE", "PATCH", "TRACE"].flatMap((method) =>
    ["", "/", `/${ID}`, `/${ID}/`, `/${ID}/logs`, `/${ID}/result`].map((suffix) => ({
      name: `${method} ${ACTIVATIONS}${suffix} is no verb of that path`,
      method,
      path: `${ACTIVATIONS}${suffix}`,
      status: 404,
      error: NO_ROUTE,
    })),
  ),
  ...["/log", "/results", "/logs/", "/result/", "/response"].map((suffix) => ({
    name: `an activation has no ${suffix}`,
    method: "GET",
    path: `${ACTIVATIONS}/${ID}${suffix}`,
    status: 404,
    error: NO_ROUTE,
  })),
  lengthRow(ID.slice(1)),
  lengthRow(`${ID}00`),
  lengthRow("01234567-89ab-cdef-0123-456789abcdef"),
  lengthRow("x".repeat(3000)),
  lengthRow("..."),
  lengthRow("%20", 1),
  lengthRow("%F0%9F%99%82", 2),
  ...[
    "A".repeat(32),
    "-".repeat(32),
    "g".repeat(32),
    "%00".repeat(32),
    "%2F".repeat(32),
    "%C3%BC".repeat(32),
  ].flatMap((id) =>
    ["", "/", "/logs", "/result"].map((suffix) => ({
      name: `the id ${id.slice(0, 20)}…${suffix} has wrong characters`,
      method: "GET",
      path: `${ACTIVATIONS}/${id}${suffix}`,
      status: 400,
      error: NOT_VALID,
    })),
  ),
  {
    name: "an id that is no UTF-8 is refused",
    method: "GET",
    path: `${ACTIVATIONS}/%ff`,
    status: 400,
    error: "The path segment '%ff' is not percent-encoded UTF-8",
  },
]);

function toDetail(name: string, number: string): string {
  if (name === "limit" || name === "skip") {
    return `The value '${number}' is not an integer for activations.`;
  }
  return `Parameter is not a valid value for epoch seconds: ${number}`;
}

testRows(brisk, [
  ...["limit", "skip", "since", "upto"].flatMap((name) =>
    ["1e3", "0x10", "+5", " 5", "1.0", "9".repeat(30), "--1", "null", "NaN", "١"].map((number) => ({
      name: `${name}=${number} is no whole number`,
      method: "GET",
      path: `${ACTIVATIONS}?${name}=${encodeURIComponent(number)}`,
      status: 400,
      error: `The query parameter '${name}' was malformed:\n${toDetail(name, number)}`,
    })),
  ),
  ...["201", "1000000", "-30"].map((limit) => ({
    name: `limit=${limit} is out of range`,
    method: "GET",
    path: `${ACTIVATIONS}?limit=${limit}`,
    status: 400,
    error: `The query parameter 'limit' was malformed:\nThe value '${limit}' is not in the range of 0 to 200 for activations.`,
  })),
  {
    name: "skip=-1 is out of range",
    method: "GET",
    path: `${ACTIVATIONS}?skip=-1`,
    status: 400,
    error:
      "The query parameter 'skip' was malformed:\nThe value '-1' is not greater than or equal to 0 for activations.",
  },
  ...["docs", "count"].flatMap((name) =>
    ["maybe", "2", "null", "full"].map((value) => ({
      name: `${name}=${value} is no truth value`,
      method: "GET",
      path: `${ACTIVATIONS}?${name}=${value}`,
      status: 400,
      error: `The query parameter '${name}' was malformed:\n'${value}' is not a valid Boolean value`,
    })),
  ),
  ...["-a", " a", "a ", "ü", "a//b", "a/b/", "/a/b", "x".repeat(257), "p/-a", "\0", "*", "a%"].map(
    (name) => ({
      name: `name=${JSON.stringify(name.slice(0, 20))} is the name of no action`,
      method: "GET",
      path: `${ACTIVATIONS}?name=${encodeURIComponent(name)}`,
      status: 400,
      error: `The query parameter 'name' was malformed:\nParameter may be a 'simple' name or 'package-name/simple' name: ${name}`,
    }),
  ),
  ...["count=yes&docs=1", "docs=on&count=TRUE&limit=0", "count=true&docs=true&name=a"].map(
    (query) => ({
      name: `${query}: count and docs are refused together`,
      method: "GET",
      path: `${ACTIVATIONS}?${query}`,
      status: 400,
      error: "The parameter 'docs' is not permitted with 'count'.",
    }),
  ),
  ...[
    "skip=9007199254740991",
    "since=9007199254740991",
    "upto=-9007199254740991",
    "since=2&upto=1",
    "name=constructor",
    "name=__proto__",
  ].map((query) => ({
    name: `${query} finds nothing`,
    method: "GET",
    path: `${ACTIVATIONS}?${query}`,
    status: 200,
    json: [],
  })),
]);

testRows(brisk, [
  ...["", "/"].map((suffix) => ({
    name: `a neighbour's activations${suffix} are not listed`,
    method: "GET",
    path: `${FOREIGN}${suffix}`,
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour'.",
  })),
  ...["", "/", "/logs", "/result"].map((suffix) => ({
    name: `a neighbour's activation${suffix} is not shown, whether it is there or not`,
    method: "GET",
    path: `${FOREIGN}/${ID}${suffix}`,
    status: 403,
    error: `The supplied authentication is not authorized to access 'neighbour/${ID}'.`,
  })),
  {
    name: "of a neighbour's activation the id is looked at first",
    method: "GET",
    path: `${FOREIGN}/abc`,
    status: 400,
    error: "Activation id length is 3 but must be 32.",
  },
  {
    name: "of a neighbour's list the rights are looked at before the query",
    method: "GET",
    path: `${FOREIGN}?limit=nonsense`,
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour'.",
  },
  ...["", `/${ID}`, "/abc", `/${ID}/logs`, `/${ID}/result`].map((suffix) => ({
    name: `without a key nothing is said of ${suffix || "the list"}`,
    method: "GET",
    path: `${ACTIVATIONS}${suffix}`,
    headers: { authorization: undefined },
    status: 401,
    error: NO_KEY,
  })),
]);
