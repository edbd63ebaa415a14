// Actions over HTTP: put, get, list, delete; versions, merge rules, annotations and conflicts
// (rest-api specification, 3.0, 3.1, 4.2). What each field may be: action-fields.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, checkError, type Json, testRows, useBrisk } from "./fixture.ts";

const MISSING = "The requested resource does not exist.";
const EXEC = { kind: "nodejs:24", code: "exports.main = () => ({})" };

const brisk = useBrisk();

async function create(name: string, body: Json = {}): Promise<Json> {
  const answer = await brisk().request("PUT", `${ACTIONS}/${name}`, {
    body: { exec: EXEC, ...body },
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

async function update(name: string, body: Json): Promise<Json> {
  const path = `${ACTIONS}/${name}?overwrite=true`;
  const answer = await brisk().request("PUT", path, { body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

async function get(name: string, query = ""): Promise<Json> {
  const answer = await brisk().request("GET", `${ACTIONS}/${name}${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

test("a new action is answered whole, and read as it was answered", async () => {
  const before = Date.now();
  const created = await create("new", { parameters: [{ key: "a", value: { b: [1, null, "ü"] } }] });
  const { updated, ...rest } = created;
  assert.ok(Number(updated) >= before && Number(updated) <= Date.now());
  assert.deepEqual(rest, {
    namespace: "guest",
    name: "new",
    version: "0.0.1",
    exec: { ...EXEC, binary: false },
    parameters: [{ key: "a", value: { b: [1, null, "ü"] } }],
    annotations: [
      { key: "provide-api-key", value: false },
      { key: "exec", value: "nodejs:24" },
    ],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    publish: false,
  });
  assert.deepEqual(await get("new"), created);
});

test("code=false leaves out the code and nothing else", async () => {
  const { exec, ...rest } = await create("codeless", { exec: { ...EXEC, main: "other" } });
  assert.deepEqual(await get("codeless", "?code=false"), {
    ...rest,
    exec: { kind: "nodejs:24", binary: false, main: "other" },
  });
  assert.deepEqual((await get("codeless", "?code=true"))["exec"], exec);
  assert.deepEqual((await get("codeless", "?code="))["exec"], exec);
});

test("an own namespace may be written out", async () => {
  await create("written-out");
  const { status } = await brisk().request("GET", "/api/v1/namespaces/guest/actions/written-out");
  assert.equal(status, 200);
});

test("an existing action is not overwritten unasked, and an update raises the patch part", async () => {
  await create("versioned");
  const refused = await brisk().request("PUT", `${ACTIONS}/versioned`, { body: { exec: EXEC } });
  assert.equal(refused.status, 409);
  checkError(refused, "resource already exists");
  assert.equal((await update("versioned", {}))["version"], "0.0.2");
  assert.equal((await update("versioned", { version: "2.9" }))["version"], "2.9.0");
  assert.equal((await update("versioned", {}))["version"], "2.9.1");
  await brisk().request("DELETE", `${ACTIONS}/versioned`);
  assert.equal((await create("versioned"))["version"], "0.0.1");
});

test("overwrite=true also creates", async () => {
  assert.equal((await update("overwritten", { exec: EXEC }))["version"], "0.0.1");
});

test("an update keeps what it does not name, merges limits and annotations, replaces parameters", async () => {
  await create("merged", {
    parameters: [{ key: "a", value: 1 }],
    annotations: [
      { key: "kept", value: "old" },
      { key: "changed", value: "old" },
      { key: "dropped", value: "old" },
    ],
    limits: { timeout: 1000, memory: 128 },
    publish: true,
  });
  const merged = await update("merged", {
    parameters: [{ key: "b", value: 2, init: true }],
    annotations: [
      { key: "changed", value: "new" },
      { key: "added", value: "new" },
    ],
    delAnnotations: ["dropped", "never-there"],
    limits: { logs: 1 },
  });
  assert.deepEqual(merged["exec"], { ...EXEC, binary: false });
  assert.deepEqual(merged["parameters"], [{ key: "b", value: 2, init: true }]);
  assert.deepEqual(merged["limits"], { timeout: 1000, memory: 128, logs: 1, concurrency: 1 });
  assert.equal(merged["publish"], true);
  assert.deepEqual(toObject(merged["annotations"]), {
    kept: "old",
    changed: "new",
    added: "new",
    "provide-api-key": false,
    exec: "nodejs:24",
  });
  const same = await update("merged", {
    parameters: null,
    annotations: null,
    limits: null,
    exec: null,
  });
  assert.deepEqual(
    { ...same, updated: 0, version: "" },
    { ...merged, updated: 0, version: "" },
    "null is as good as absent",
  );
  const emptied = await update("merged", { parameters: [] });
  assert.deepEqual(emptied["parameters"], []);
});

test("an annotation that is dropped and given in one update is there afterwards", async () => {
  await create("dropped-first", { annotations: [{ key: "a", value: 1 }] });
  const after = await update("dropped-first", {
    delAnnotations: ["a"],
    annotations: [{ key: "a", value: 2 }],
  });
  assert.equal(toObject(after["annotations"])["a"], 2);
});

test("the exec annotation is the platform's; provide-api-key is set once, where the user did not", async () => {
  const own = await create("annotated", {
    annotations: [
      { key: "exec", value: "mine" },
      { key: "provide-api-key", value: true },
    ],
  });
  assert.deepEqual(toObject(own["annotations"]), { "provide-api-key": true, exec: "nodejs:24" });
  const dropped = await update("annotated", { delAnnotations: ["provide-api-key", "exec"] });
  assert.deepEqual(toObject(dropped["annotations"]), { exec: "nodejs:24" });
});

test("a deleted action is answered whole and is gone", async () => {
  const created = await create("deleted");
  const { status, json } = await brisk().request("DELETE", `${ACTIONS}/deleted`);
  assert.equal(status, 200);
  assert.deepEqual(json, created);
  for (const method of ["GET", "DELETE", "POST"]) {
    const answer = await brisk().request(method, `${ACTIONS}/deleted`);
    assert.equal(answer.status, 404);
    checkError(answer, MISSING);
  }
});

test("names differ by case", async () => {
  await create("Case", { publish: true });
  await create("case", { publish: false });
  assert.equal((await get("Case"))["publish"], true);
});

test("code keeps every character", async () => {
  const code = "// \0 \u2028 🙂 \r\n\t\"'\\";
  await create("characters", { exec: { kind: "nodejs:24", code } });
  assert.deepEqual((await get("characters"))["exec"], { kind: "nodejs:24", code, binary: false });
});

test("of concurrent creations one succeeds and the others hear of a conflict", async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      brisk().request("PUT", `${ACTIONS}/contended`, { body: { exec: EXEC } }),
    ),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  assert.equal(refused.length, 9);
  for (const answer of refused) {
    assert.equal(answer.status, 409);
    checkError(
      answer,
      /^(resource already exists|Concurrent modification to resource detected\.)$/,
    );
  }
});

test("of concurrent updates each one that succeeds raises the version by one", async () => {
  await create("contended-updates");
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      brisk().request("PUT", `${ACTIONS}/contended-updates?overwrite=true`, { body: {} }),
    ),
  );
  const succeeded = answers.filter(({ status }) => status === 200).length;
  assert.ok(succeeded >= 1);
  for (const answer of answers) assert.ok([200, 409].includes(answer.status), answer.text);
  assert.equal((await get("contended-updates"))["version"], `0.0.${1 + succeeded}`);
});

test("what was put is what is invoked next, however quickly they follow", async () => {
  for (let round = 0; round < 3; round++) {
    await update("fresh", {
      exec: { ...EXEC, code: `exports.main = () => ({ round: ${round} })` },
    });
    const query = "blocking=true&result=true";
    const [first, second] = await Promise.all([
      brisk().request("POST", `${ACTIONS}/fresh?${query}`),
      brisk().request("POST", `${ACTIONS}/fresh?${query}`),
    ]);
    assert.deepEqual(first.json, { round });
    assert.deepEqual(second.json, { round });
  }
});

test("a list has summaries without code and parameters, the newest first", async () => {
  await create("listed-1", { parameters: [{ key: "a", value: 1 }] });
  await create("listed-2");
  await update("listed-1", {});
  const { json } = await brisk().request("GET", `${ACTIONS}?limit=2`);
  const [first, second] = json as Json[];
  const { parameters: _, exec: __, ...whole } = await get("listed-1");
  assert.deepEqual(first, { ...whole, exec: { binary: false } });
  assert.equal(second?.["name"], "listed-2");
});

test("lists are paged and counted", async () => {
  const read = async (query: string) => (await brisk().request("GET", `${ACTIONS}${query}`)).json;
  for (let index = 0; index < 31; index++) await update(`page-${index}`, { exec: EXEC });
  const all = (await read("?limit=0")) as Json[];
  assert.ok(all.length > 31);
  assert.deepEqual(await read("?count=true"), { actions: all.length });
  assert.deepEqual(await read("/?count=true&skip=3&limit=1"), { actions: all.length - 3 });
  assert.deepEqual(await read("?count=true&skip=100000"), { actions: 0 });
  assert.equal(((await read("")) as Json[]).length, 30);
  assert.deepEqual(await read("?skip=1&limit=2"), all.slice(1, 3));
  assert.deepEqual(await read("?skip=100000"), []);
  assert.deepEqual(await read("?limit=200"), all);
});

testRows(brisk, [
  ...["-1", "201", "1.5", "ten", ""].map((limit) => ({
    name: `limit=${limit} is refused`,
    method: "GET",
    path: `${ACTIONS}?limit=${limit}`,
    status: 400,
    error: /^The query parameter 'limit' was malformed:\n/,
  })),
  {
    name: "a limit out of range is refused with the range and the collection",
    method: "GET",
    path: `${ACTIONS}?limit=201`,
    status: 400,
    error:
      "The query parameter 'limit' was malformed:\nThe value '201' is not in the range of 0 to 200 for actions.",
  },
  ...["-1", "x", ""].map((skip) => ({
    name: `skip=${skip} is refused`,
    method: "GET",
    path: `${ACTIONS}?skip=${skip}`,
    status: 400,
    error: /^The query parameter 'skip' was malformed:\n/,
  })),
  ...["overwrite=maybe", "overwrite=2"].map((query) => ({
    name: `${query} is no truth value`,
    method: "PUT",
    path: `${ACTIONS}/truth?${query}`,
    body: { exec: EXEC },
    status: 400,
    error: /^The query parameter 'overwrite' was malformed:\n.*Boolean/,
  })),
  ...["yes", "on", "1", "TRUE", "Yes"].map((word) => ({
    name: `overwrite=${word} means true`,
    method: "PUT",
    path: `${ACTIONS}/truth?overwrite=${word}`,
    body: { exec: EXEC },
    status: 200,
  })),
  ...["no", "off", "0", "FALSE", ""].map((word) => ({
    name: `overwrite=${word} means false`,
    method: "PUT",
    path: `${ACTIONS}/truth?overwrite=${word}`,
    body: { exec: EXEC },
    status: 409,
    error: "resource already exists",
  })),
  {
    name: "unknown query parameters are ignored",
    method: "GET",
    path: `${ACTIONS}?unknown=1&docs=nonsense&limit=1`,
    status: 200,
  },
]);

function toObject(annotations: unknown): Json {
  const entries = annotations as readonly { key: string; value: unknown }[];
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}
