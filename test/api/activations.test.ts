// Activations over HTTP: lists with their filters, single records, results, logs, and what is refused
// (rest-api specification, 3.5 and 6).

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIVATIONS,
  type ActivationRecord,
  checkError,
  invoke,
  type Json,
  putAction,
  readActivation,
  testRows,
  useBrisk,
  waitFor,
} from "./fixture.ts";

const UNKNOWN = "0123456789abcdef".repeat(2);
const MISSING = "The requested resource does not exist.";

/** Five runs of `one` and two of `two`, each millisecond of start at most once, the oldest first. */
let records: ActivationRecord[] = [];
const brisk = useBrisk({
  setUp: async (up) => {
    const code =
      "exports.main = ({ n }) => { console.log('run', n); return n < 0 ? { error: 'low' } : { n } }";
    await putAction(up, { name: "one", code });
    await putAction(up, { name: "two", code });
    const ids: string[] = [];
    for (const [name, n] of [
      ["one", 0],
      ["one", 1],
      ["two", 2],
      ["one", -1],
      ["one", 4],
      ["two", 5],
      ["one", 6],
    ] as const) {
      const record = (await invoke(up, name, { body: { n } })).json as ActivationRecord;
      ids.push(record.activationId);
      await waitFor(() => Date.now() > record.start || undefined);
    }
    records = await Promise.all(ids.map((id) => readActivation(up, id)));
  },
});

async function list(query: string): Promise<Json[]> {
  const { status, json, text } = await brisk().request("GET", `${ACTIVATIONS}${query}`);
  assert.equal(status, 200, text);
  return json as Json[];
}

function idsOf(entries: readonly (Json | ActivationRecord)[]): unknown[] {
  return entries.map((entry) => (entry as Json)["activationId"]);
}

function newestFirst(wanted: (record: ActivationRecord) => boolean = () => true): unknown[] {
  return idsOf(records.filter(wanted).toReversed());
}

test("a list has the newest first, as summaries with their status code", async () => {
  const entries = await list("");
  assert.deepEqual(idsOf(entries), newestFirst());
  const codes = entries.map((entry) => entry["statusCode"]);
  assert.deepEqual(codes, [0, 0, 0, 1, 0, 0, 0]);
  const {
    subject: _,
    response: __,
    logs: ___,
    ...summary
  } = records.at(-1) ?? ({} as ActivationRecord);
  assert.deepEqual(entries[0], { ...summary, statusCode: 0 });
});

test("docs=true lists whole records, without a status code", async () => {
  assert.deepEqual(await list("/?docs=true&limit=2"), records.toReversed().slice(0, 2));
});

test("name filters by action", async () => {
  assert.deepEqual(
    idsOf(await list("?name=two")),
    newestFirst(({ name }) => name === "two"),
  );
  assert.deepEqual(await list("?name=nobody"), []);
  assert.deepEqual(await list("?name=package/one"), []);
  assert.deepEqual(idsOf(await list("?name=")), newestFirst());
});

test("since and upto are both inclusive, and compared with the start", async () => {
  const [from, to] = [records[2]?.start ?? 0, records[4]?.start ?? 0];
  const inside = ({ start }: ActivationRecord) => start >= from && start <= to;
  assert.deepEqual(idsOf(await list(`?since=${from}&upto=${to}`)), newestFirst(inside));
  assert.deepEqual(
    idsOf(await list(`?since=${to + 1}`)),
    newestFirst(({ start }) => start > to),
  );
  assert.deepEqual(
    idsOf(await list(`?upto=${from - 1}`)),
    newestFirst(({ start }) => start < from),
  );
  assert.deepEqual(await list("?upto=0"), []);
  assert.deepEqual(idsOf(await list("?since=-5")), newestFirst());
});

test("lists are paged", async () => {
  assert.deepEqual(idsOf(await list("?limit=1")), newestFirst().slice(0, 1));
  assert.deepEqual(idsOf(await list("?limit=2&skip=3")), newestFirst().slice(3, 5));
  assert.deepEqual(idsOf(await list("?limit=0")), newestFirst());
  assert.deepEqual(await list("?skip=100"), []);
  assert.deepEqual(
    idsOf(await list("?name=one&skip=1&limit=2")),
    newestFirst(({ name }) => name === "one").slice(1, 3),
  );
});

test("count=true answers how many there are, by the same filters", async () => {
  const at = records[3]?.start ?? 0;
  const since = records.filter(({ start }) => start >= at).length;
  const counts = [
    ["?count=true", 7],
    ["?count=true&name=two", 2],
    ["?count=true&skip=3&limit=1", 4],
    ["?count=true&skip=100", 0],
    [`?count=true&since=${at}`, since],
  ] as const;
  for (const [query, count] of counts) {
    const { json } = await brisk().request("GET", `${ACTIVATIONS}${query}`);
    assert.deepEqual(json, { activations: count }, query);
  }
});

test("a record is got whole or in part, with a slash at its end or without", async () => {
  const [, , , record] = records;
  assert.ok(record);
  const { activationId, response, logs } = record;
  const get = async (suffix: string) =>
    (await brisk().request("GET", `${ACTIVATIONS}/${activationId}${suffix}`)).json;
  assert.deepEqual(await get(""), record);
  assert.deepEqual(await get("/"), record);
  assert.deepEqual(await get("/result"), response);
  assert.deepEqual(response, {
    status: "application error",
    success: false,
    result: { error: "low" },
    size: 15,
  });
  assert.deepEqual(await get("/logs"), { logs });
  assert.match(logs[0] ?? "", / stdout: run -1$/);
});

test("another namespace's activation is not there, nor is it told apart from none", async () => {
  const id = records[0]?.activationId;
  const answer = await brisk().request("GET", `/api/v1/namespaces/other/activations/${id}`);
  assert.equal(answer.status, 403);
  checkError(answer, `The supplied authentication is not authorized to access 'other/${id}'.`);
});

testRows(brisk, [
  ...["", "/", "/result", "/logs"].map((suffix) => ({
    name: `an unknown activation${suffix} is not there`,
    method: "GET",
    path: `${ACTIVATIONS}/${UNKNOWN}${suffix}`,
    status: 404,
    error: MISSING,
  })),
  ...["abc", `${UNKNOWN}0`, "_"].map((id) => ({
    name: `the id ${id} has the wrong length`,
    method: "GET",
    path: `${ACTIVATIONS}/${id}`,
    status: 400,
    error: `Activation id length is ${id.length} but must be 32.`,
  })),
  ...[UNKNOWN.toUpperCase(), UNKNOWN.replace("0", "g"), UNKNOWN.replace("0", "%20")].map((id) => ({
    name: `the id ${id} has wrong characters`,
    method: "GET",
    path: `${ACTIVATIONS}/${id}/logs`,
    status: 400,
    error: "The activation id is not valid.",
  })),
  ...["since=", "since=now", "upto=1.5", "upto="].map((query) => ({
    name: `${query} is no whole number`,
    method: "GET",
    path: `${ACTIVATIONS}?${query}`,
    status: 400,
    error:
      /^The query parameter '(since|upto)' was malformed:\nParameter is not a valid value for epoch seconds: /,
  })),
  ...["a/b/c", "a$", "/a", "a/"].map((name) => ({
    name: `name=${name} is the name of no action`,
    method: "GET",
    path: `${ACTIVATIONS}?name=${encodeURIComponent(name)}`,
    status: 400,
    error:
      /^The query parameter 'name' was malformed:\nParameter may be a 'simple' name or 'package-name\/simple' name: /,
  })),
  {
    name: "count and docs are refused together",
    method: "GET",
    path: `${ACTIVATIONS}?count=true&docs=true`,
    status: 400,
    error: "The parameter 'docs' is not permitted with 'count'.",
  },
  {
    name: "a limit out of range names the collection",
    method: "GET",
    path: `${ACTIVATIONS}?limit=-1`,
    status: 400,
    error:
      "The query parameter 'limit' was malformed:\nThe value '-1' is not in the range of 0 to 200 for activations.",
  },
  {
    name: "another namespace's activations are not listed",
    method: "GET",
    path: "/api/v1/namespaces/other/activations",
    status: 403,
    error: "The supplied authentication is not authorized to access 'other'.",
  },
]);
