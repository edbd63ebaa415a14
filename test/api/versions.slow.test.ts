// Versions that an update leaves callable.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  type ActivationRecord,
  annotationOf,
  checkRow,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  testRows,
  useBrisk,
} from "./fixture.ts";
import { createTenant, type Tenant } from "./tenants.ts";
import {
  listVersions,
  putVersions,
  run,
  say,
  setAliases,
  toRan,
  update,
} from "./versions-fixture.ts";

/** Few enough to be gone soon. */
const KEPT_MAX = 3;

let other: Tenant;
const brisk = useBrisk({
  args: ["--action-versions", String(KEPT_MAX)],
  setUp: async (up) => {
    other = await createTenant(up, "other");
    await putVersions(up, "plain", 3);
  },
});

test("each version that is kept runs, and the current one where none is asked for", async () => {
  assert.deepEqual(await run(brisk(), "plain"), ["0.0.3", 3, undefined]);
  for (const is of [1, 2, 3]) {
    const ran = await run(brisk(), "plain", `&version=0.0.${is}`);
    assert.deepEqual(ran, [`0.0.${is}`, is, undefined]);
  }
});

test("the record of an earlier version has the action's name and path, and is kept as always", async () => {
  const { json } = await invoke(brisk(), "plain", { query: "version=0.0.1" });
  const record = await readActivation(brisk(), (json as Json)["activationId"]);
  assert.deepEqual(
    [record.name, record.version, annotationOf(record, "path"), record.response.result],
    ["plain", "0.0.1", "guest/plain", { is: 1 }],
  );
});

test("an earlier version keeps its warm containers", async () => {
  const invokeFirst = async () => {
    const { json } = await invoke(brisk(), "warm", { query: "blocking=true&version=0.0.1" });
    return json as ActivationRecord;
  };
  await putVersions(brisk(), "warm", 1);
  assert.notEqual(annotationOf(await invokeFirst(), "initTime"), undefined);
  await update(brisk(), "warm", { exec: { kind: "nodejs:24", code: say(2) } });
  assert.equal(annotationOf(await invokeFirst(), "initTime"), undefined);
});

test("a version is shown as it was, with code or without", async () => {
  const read = async (query: string) =>
    (await brisk().request("GET", `${ACTIONS}/plain?${query}`)).json as Json;
  const { exec, version, name } = await read("version=0.0.2");
  assert.deepEqual([name, version], ["plain", "0.0.2"]);
  assert.deepEqual(exec, { kind: "nodejs:24", binary: false, code: say(2) });
  const bare = await read("version=0.0.2&code=false");
  assert.deepEqual(bare["exec"], { kind: "nodejs:24", binary: false });
  assert.deepEqual(Object.keys(bare), Object.keys(await read("code=false")));
});

test("lists and counts have the action once", async () => {
  const { json } = await brisk().request("GET", ACTIONS);
  const named = (json as Json[]).filter(({ name }) => name === "plain");
  assert.deepEqual(
    named.map(({ version }) => version),
    ["0.0.3"],
  );
  const { json: count } = await brisk().request("GET", `${ACTIONS}?count=true`);
  assert.deepEqual(count, { actions: (json as Json[]).length });
  assert.deepEqual(await listVersions(brisk(), "plain"), ["0.0.3", "0.0.2", "0.0.1"]);
});

const MALFORMED = "The query parameter 'version' was malformed:\n";
testRows(brisk, [
  {
    name: "a version that is not kept is not found",
    method: "POST",
    path: `${ACTIONS}/plain?version=0.0.9`,
    status: 404,
    error: "The version 0.0.9 of the action is not kept.",
  },
  {
    name: "a version that is not kept cannot be read",
    method: "GET",
    path: `${ACTIONS}/plain?version=1.0.0`,
    status: 404,
    error: "The version 1.0.0 of the action is not kept.",
  },
  {
    name: "an alias that is not there is not found",
    method: "POST",
    path: `${ACTIONS}/plain?alias=none`,
    status: 404,
    error: "The action has no alias 'none'.",
  },
  {
    name: "what is no version is refused",
    method: "POST",
    path: `${ACTIONS}/plain?version=1`,
    status: 400,
    error: `${MALFORMED}'1' is not a version, must be major.minor.patch`,
  },
  {
    name: "what is no version is not looked for",
    method: "GET",
    path: `${ACTIONS}/plain?version=../other`,
    status: 400,
    error: `${MALFORMED}'../other' is not a version, must be major.minor.patch`,
  },
  {
    name: "a version and an alias are not asked for together",
    method: "POST",
    path: `${ACTIONS}/plain?version=0.0.1&alias=live`,
    status: 400,
    error: "The query parameter 'alias' was malformed:\nit cannot be given together with 'version'",
  },
  {
    name: "what is no name of an alias is refused",
    method: "POST",
    path: `${ACTIONS}/plain?alias=a%20b`,
    status: 400,
    error: /malformed:\n'a b' is not the name of an alias, must be 1 to 64 letters, digits/,
  },
  {
    name: "an action that is not there has no versions",
    method: "POST",
    path: `${ACTIONS}/none?version=0.0.1`,
    status: 404,
    error: "The requested resource does not exist.",
  },
  {
    name: "what a version is stored under is no name",
    method: "GET",
    path: `${ACTIONS}/plain:0.0.1`,
    status: 400,
    error: /^The name 'plain:0\.0\.1' contains illegal characters/,
  },
]);

test("so many earlier versions are kept, and those that an alias names beside", async () => {
  await putVersions(brisk(), "many", 2);
  await setAliases(brisk(), "many", { first: { "0.0.1": 1 } });
  for (const is of [3, 4, 5, 6]) await putAction(brisk(), { name: "many", code: say(is) });
  assert.deepEqual(await listVersions(brisk(), "many"), [
    "0.0.6",
    "0.0.5",
    "0.0.4",
    "0.0.3",
    "0.0.1",
  ]);
  assert.deepEqual(await run(brisk(), "many", "&version=0.0.1"), ["0.0.1", 1, undefined]);
  const gone = await invoke(brisk(), "many", { query: "version=0.0.2" });
  checkRow({ status: 404, error: "The version 0.0.2 of the action is not kept." }, gone);
  await setAliases(brisk(), "many", {});
  assert.deepEqual(await listVersions(brisk(), "many"), ["0.0.6", "0.0.5", "0.0.4", "0.0.3"]);
});

test("a version that is put again stands for what was put last", async () => {
  await putVersions(brisk(), "again", 2);
  const put = await update(brisk(), "again", {
    exec: { kind: "nodejs:24", code: say("anew") },
    version: "0.0.1",
  });
  assert.equal((put.json as Json)["version"], "0.0.1");
  assert.deepEqual(await listVersions(brisk(), "again"), ["0.0.1", "0.0.2"]);
  assert.deepEqual(await run(brisk(), "again", "&version=0.0.1"), ["0.0.1", "anew", undefined]);
  await update(brisk(), "again", { version: "0.0.2" });
  assert.deepEqual(await listVersions(brisk(), "again"), ["0.0.2", "0.0.1"]);
  assert.deepEqual(await run(brisk(), "again", "&version=0.0.2"), ["0.0.2", "anew", undefined]);
});

test("sequences and conductors have versions too", async () => {
  await putVersions(brisk(), "part", 1);
  await putAction(brisk(), { name: "part2", code: say("other part") });
  await update(brisk(), "whole", { exec: { kind: "sequence", components: ["/_/part"] } });
  await update(brisk(), "whole", { exec: { kind: "sequence", components: ["/_/part2"] } });
  assert.deepEqual(await run(brisk(), "whole", "&version=0.0.1"), ["0.0.1", 1, undefined]);
  const conductor = (step: string) => `exports.main = ({ is }) =>
    is === undefined ? { action: "${step}" } : { params: { is } }`;
  const annotations = [{ key: "conductor", value: true }];
  await putAction(brisk(), { name: "conducted", code: conductor("part"), annotations });
  await putAction(brisk(), { name: "conducted", code: conductor("part2"), annotations });
  assert.deepEqual(await run(brisk(), "conducted"), ["0.0.2", "other part", undefined]);
  assert.deepEqual(await run(brisk(), "conducted", "&version=0.0.1"), ["0.0.1", 1, undefined]);
  await setAliases(brisk(), "conducted", { default: { "0.0.1": 1 } });
  assert.deepEqual(await run(brisk(), "conducted"), ["0.0.1", 1, "default"]);
});

test("of updates at a time each is done or refused, and what was done is what its version says", async () => {
  await putAction(brisk(), { name: "raced", code: say("first") });
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      update(brisk(), "raced", { exec: { kind: "nodejs:24", code: say(index) } }),
    ),
  );
  const done = answers.flatMap(({ status, json }, index) =>
    status === 200 ? [{ version: String((json as Json)["version"]), index }] : [],
  );
  for (const { status, text } of answers) assert.ok(status === 200 || status === 409, text);
  assert.equal(new Set(done.map(({ version }) => version)).size, done.length);
  const latest = `0.0.${done.length + 1}`;
  assert.equal((await listVersions(brisk(), "raced"))[0], latest);
  for (const version of await listVersions(brisk(), "raced")) {
    const index = done.find((each) => each.version === version)?.index ?? "first";
    assert.deepEqual(await run(brisk(), "raced", `&version=${version}`), [
      version,
      index,
      undefined,
    ]);
  }
});

test("a version that is dropped while it runs ends as it would have", async () => {
  const slow = `exports.main = async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { is: 1 };
  }`;
  await putAction(brisk(), { name: "dropped", code: slow });
  await putAction(brisk(), { name: "dropped", code: say(2) });
  // Its container is there, and its code is loaded, before it is dropped.
  const query = "version=0.0.1&blocking=true";
  assert.equal((await invoke(brisk(), "dropped", { query, body: { ms: 0 } })).status, 200);
  const running = invoke(brisk(), "dropped", { query, body: { ms: 800 } });
  for (let is = 3; is <= 2 + KEPT_MAX; is++) {
    await putAction(brisk(), { name: "dropped", code: say(is) });
  }
  const gone = await invoke(brisk(), "dropped", { query });
  checkRow({ status: 404, error: "The version 0.0.1 of the action is not kept." }, gone);
  const { status, json } = await running;
  assert.deepEqual([status, toRan(json as ActivationRecord)], [200, ["0.0.1", 1, undefined]]);
});

test("a deleted action's versions are gone, also from one that is made in its place", async () => {
  await putVersions(brisk(), "deleted", 3);
  assert.equal((await brisk().request("DELETE", `${ACTIONS}/deleted`)).status, 200);
  const missing = await invoke(brisk(), "deleted", { query: "version=0.0.1" });
  checkRow({ status: 404, error: "The requested resource does not exist." }, missing);
  await putAction(brisk(), { name: "deleted", code: say("anew") });
  assert.deepEqual(await listVersions(brisk(), "deleted"), ["0.0.1"]);
  assert.deepEqual(await run(brisk(), "deleted", "&version=0.0.1"), ["0.0.1", "anew", undefined]);
});

test("in packages versions inherit what the package says now, through bindings too", async () => {
  const parameters = [{ key: "from", value: "package" }];
  const putPackage = (name: string, body: Json) =>
    brisk().request("PUT", `${OWN}/packages/${name}?overwrite=true`, { body });
  await putPackage("box", { publish: true, parameters });
  await putVersions(brisk(), "box/a", 2);
  await putPackage("bound", {
    binding: { namespace: "_", name: "box" },
    parameters: [{ key: "from", value: "binding" }],
  });
  await setAliases(brisk(), "box/a", { default: { "0.0.1": 1 } });
  const result = async (name: string, query = "") => {
    const { json } = await invoke(brisk(), name, { query: `blocking=true&result=true${query}` });
    return json;
  };
  assert.deepEqual(await result("box/a"), { from: "package", is: 1 });
  assert.deepEqual(await result("bound/a"), { from: "binding", is: 1 });
  assert.deepEqual(await result("bound/a", "&version=0.0.2"), { from: "binding", is: 2 });
  assert.deepEqual(await listVersions(brisk(), "bound/a"), ["0.0.2", "0.0.1"]);
  const path = "/api/v1/namespaces/guest/actions/box/a?blocking=true&result=true";
  assert.deepEqual((await other.request("POST", path)).json, { from: "package", is: 1 });
  await putPackage("box", { publish: false, parameters: [{ key: "from", value: "later" }] });
  assert.deepEqual(await result("box/a", "&version=0.0.1"), { from: "later", is: 1 });
  const refused = await other.request("POST", `${path}&version=0.0.1`);
  assert.equal(refused.status, 403, refused.text);
});

test("of a shared package's actions others have no earlier version that no alias names", async () => {
  const provider = await createTenant(brisk(), "version-provider");
  const consumer = await createTenant(brisk(), "version-consumer");
  const provide = async (path: string, body: Json) => {
    const put = await provider.request("PUT", `${OWN}/${path}?overwrite=true`, body);
    assert.equal(put.status, 200, put.text);
  };
  await provide("packages/kit", {});
  const parameters = [{ key: "password", value: "hunter2" }];
  const exec = (is: number) => ({ kind: "nodejs:24", code: say(is) });
  await provide("actions/kit/a", { exec: exec(1), parameters });
  await provide("actions/kit/a", { exec: exec(2), parameters: [] });
  await provide("packages/kit", { publish: true });
  const binding = { namespace: "version-provider", name: "kit" };
  const bound = await consumer.request("PUT", `${OWN}/packages/bound`, { binding });
  assert.equal(bound.status, 200, bound.text);
  const ofProvider = "/api/v1/namespaces/version-provider/actions/kit/a";
  const waiting = "blocking=true&result=true&version=0.0.1";
  // First the owner, so that it is remembered.
  const own = await provider.request("POST", `${ofProvider}?${waiting}`);
  assert.deepEqual(own.json, { password: "hunter2", is: 1 });
  for (const path of [ofProvider, `${OWN}/actions/bound/a`]) {
    for (const [method, query] of [
      ["GET", "version=0.0.1"],
      ["GET", "version=0.0.1&code=false"],
      ["POST", waiting],
    ] as const) {
      const answer = await consumer.request(method, `${path}?${query}`);
      checkRow({ status: 404, error: "The version 0.0.1 of the action is not kept." }, answer);
    }
    const listed = await consumer.request("GET", `${path}?versions=true`);
    assert.deepEqual(
      (listed.json as readonly Json[]).map(({ version }) => version),
      ["0.0.2"],
    );
  }
  const value = { stable: { "0.0.1": 1 } };
  await provide("actions/kit/a", { annotations: [{ key: "aliases", value }] });
  const named = await consumer.request("POST", `${OWN}/actions/bound/a?${waiting}`);
  assert.deepEqual(named.json, { password: "hunter2", is: 1 });
});

test("a package that is deleted by force takes its actions' versions along", async () => {
  const path = `${OWN}/packages/emptied`;
  await brisk().request("PUT", path, { body: {} });
  await putVersions(brisk(), "emptied/a", 3);
  assert.equal((await brisk().request("DELETE", path)).status, 409);
  assert.equal((await brisk().request("DELETE", `${path}?force=true`)).status, 200);
  await brisk().request("PUT", path, { body: {} });
  await putVersions(brisk(), "emptied/a", 1);
  assert.deepEqual(await listVersions(brisk(), "emptied/a"), ["0.0.1"]);
});
