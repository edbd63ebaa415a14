import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import { checkError, type Json, OWN, putAction, type Row, testRows, useBrisk } from "./fixture.ts";

const RULES = `${OWN}/rules`;
const TRIGGERS = `${OWN}/triggers`;
const LINKS = { trigger: "/_/one", action: "/_/action" };
const MISSING = "The requested resource does not exist.";

const brisk = useBrisk({
  setUp: async (up) => {
    for (const name of ["action", "action2"]) {
      await putAction(up, { name, code: "const main = () => ({})" });
    }
    for (const name of ["one", "two", "three"]) {
      assert.equal((await up.request("PUT", `${TRIGGERS}/${name}`, { body: {} })).status, 200);
    }
    assert.equal((await up.request("PUT", `${RULES}/kept`, { body: LINKS })).status, 200);
  },
});

function put(name: string, body: unknown = LINKS, query = "overwrite=true"): Promise<Answer> {
  return brisk().request("PUT", `${RULES}/${name}?${query}`, { body });
}

function setStatus(name: string, status: unknown): Promise<Answer> {
  return brisk().request("POST", `${RULES}/${name}`, { body: { status } });
}

async function get(path: string): Promise<Json> {
  const { status, json, text } = await brisk().request("GET", path);
  assert.equal(status, 200, text);
  return json as Json;
}

async function readStatus(name: string): Promise<unknown> {
  return (await get(`${RULES}/${name}`))["status"];
}

/** Rules' names and statuses as the trigger has them, in their order. */
async function readLinks(trigger: string): Promise<readonly (readonly [string, string])[]> {
  const { rules } = (await get(`${TRIGGERS}/${trigger}`)) as {
    rules?: Record<string, { status: string }>;
  };
  return Object.entries(rules ?? {}).map(([id, { status }]) => [id, status]);
}

async function createTrigger(name: string): Promise<string> {
  const answer = await brisk().request("PUT", `${TRIGGERS}/${name}`, { body: {} });
  assert.equal(answer.status, 200, answer.text);
  return `/guest/${name}`;
}

test("a rule is answered as it was put, active, and so it stays", async () => {
  const body = { ...LINKS, annotations: [{ key: "a", value: 1 }], name: "other", status: "" };
  const { status, json } = await put("whole", body, "overwrite=false");
  const { updated, ...rest } = json as Json;
  assert.equal(status, 200);
  assert.ok(Math.abs(Date.now() - Number(updated)) < 60_000);
  assert.deepEqual(rest, {
    namespace: "guest",
    name: "whole",
    status: "active",
    trigger: { path: "guest", name: "one" },
    action: { path: "guest", name: "action" },
    version: "0.0.1",
    publish: false,
    annotations: [{ key: "a", value: 1 }],
  });
  assert.deepEqual(await get(`${RULES}/whole`), json);
});

test("references may be texts without the first slash, or objects", async () => {
  for (const trigger of ["guest/one", "//guest//one", { path: "_", name: "one" }]) {
    const { json } = await put("written", { trigger, action: { path: "guest", name: "action" } });
    assert.deepEqual((json as Json)["trigger"], { path: "guest", name: "one" });
    assert.deepEqual((json as Json)["action"], { path: "guest", name: "action" });
  }
});

test("an update keeps the references and the status, in their place", async () => {
  const trigger = await createTrigger("updating");
  await put("updated-1", { ...LINKS, trigger });
  await put("updated-2", { ...LINKS, trigger });
  await setStatus("updated-1", "inactive");
  await setStatus("updated-2", "inactive");
  const { json, status } = await put("updated-1", { annotations: [{ key: "a", value: 1 }] });
  assert.equal(status, 200);
  const { version, status: kept, action } = json as Json;
  assert.deepEqual(
    [version, kept, action],
    ["0.0.2", "inactive", { path: "guest", name: "action" }],
  );
  await put("updated-1", { action: "/_/action2" });
  assert.deepEqual(await readLinks("updating"), [
    ["guest/updated-1", "inactive"],
    ["guest/updated-2", "inactive"],
  ]);
  const { rules } = (await get(`${TRIGGERS}/updating`)) as { rules: Record<string, Json> };
  assert.deepEqual(rules["guest/updated-1"]?.["action"], { path: "guest", name: "action2" });
});

test("a rule that is moved takes its status along, and leaves nothing behind", async () => {
  const from = await createTrigger("moved-from");
  const to = await createTrigger("moved-to");
  await put("moved", { ...LINKS, trigger: from });
  await setStatus("moved", "inactive");
  assert.equal((await put("moved", { trigger: to })).status, 200);
  assert.deepEqual(await readLinks("moved-from"), []);
  assert.deepEqual(await readLinks("moved-to"), [["guest/moved", "inactive"]]);
  // Also away from a trigger that is gone.
  await brisk().request("DELETE", `${TRIGGERS}/moved-to`);
  assert.equal((await put("moved", { trigger: from })).status, 200);
  assert.deepEqual(await readLinks("moved-from"), [["guest/moved", "inactive"]]);
});

test("a status is set by its word, answered OK, and moves the rule to the end", async () => {
  const trigger = await createTrigger("switching");
  await put("switched-1", { ...LINKS, trigger });
  await put("switched-2", { ...LINKS, trigger });
  const before = await get(`${TRIGGERS}/switching`);
  const rule = await get(`${RULES}/switched-1`);
  const body = { status: "inactive", trigger: null, action: null };
  const answer = await brisk().request("POST", `${RULES}/switched-1`, { body });
  assert.deepEqual([answer.status, answer.text], [200, "OK"]);
  assert.match(answer.headers["content-type"] ?? "", /^text\/plain/);
  assert.deepEqual(await readLinks("switching"), [
    ["guest/switched-2", "active"],
    ["guest/switched-1", "inactive"],
  ]);
  // The same again is none.
  assert.equal((await setStatus("switched-2", "active")).status, 200);
  assert.deepEqual((await readLinks("switching"))[0], ["guest/switched-2", "active"]);
  const { version, updated } = await get(`${TRIGGERS}/switching`);
  assert.deepEqual([version, updated], [before["version"], before["updated"]]);
  assert.deepEqual(await get(`${RULES}/switched-1`), { ...rule, status: "inactive" });
});

test("without its trigger a rule is inactive, and is attached again by hand", async () => {
  const trigger = await createTrigger("vanishing");
  await put("orphan", { ...LINKS, trigger });
  await brisk().request("DELETE", `${TRIGGERS}/vanishing`);
  assert.equal(await readStatus("orphan"), "inactive");
  assert.equal((await setStatus("orphan", "inactive")).status, 200);
  const answer = await setStatus("orphan", "active");
  assert.equal(answer.status, 404);
  checkError(answer, MISSING);
  const update = await put("orphan", {});
  assert.equal(update.status, 400);
  checkError(update, "trigger /guest/vanishing does not exist");
  await createTrigger("vanishing");
  assert.equal(await readStatus("orphan"), "inactive");
  assert.equal((await setStatus("orphan", "active")).status, 200);
  assert.equal(await readStatus("orphan"), "active");
  assert.deepEqual(await readLinks("vanishing"), [["guest/orphan", "active"]]);
});

test("a rule whose trigger's name is something else's is inactive", async () => {
  const trigger = await createTrigger("changed");
  await put("confused", { ...LINKS, trigger });
  await brisk().request("DELETE", `${TRIGGERS}/changed`);
  await putAction(brisk(), { name: "changed", code: "const main = () => ({})" });
  assert.equal(await readStatus("confused"), "inactive");
  assert.equal((await setStatus("confused", "active")).status, 404);
  assert.equal((await brisk().request("DELETE", `${RULES}/confused`)).status, 200);
});

test("without its action a rule stays active, and cannot be updated", async () => {
  await putAction(brisk(), { name: "brief", code: "const main = () => ({})" });
  await put("brief-rule", { ...LINKS, action: "/_/brief" });
  await brisk().request("DELETE", `${OWN}/actions/brief`);
  assert.equal(await readStatus("brief-rule"), "active");
  const update = await put("brief-rule", {});
  assert.equal(update.status, 400);
  checkError(update, "action /guest/brief does not exist");
});

test("a deleted rule is answered whole and inactive, and its link is gone", async () => {
  const trigger = await createTrigger("losing");
  const { json } = await put("lost", { ...LINKS, trigger });
  const deleted = await brisk().request("DELETE", `${RULES}/lost`);
  assert.deepEqual(
    [deleted.status, deleted.json],
    [200, { ...(json as Json), status: "inactive" }],
  );
  assert.deepEqual(await readLinks("losing"), []);
  for (const method of ["GET", "DELETE"]) {
    const answer = await brisk().request(method, `${RULES}/lost`);
    assert.equal(answer.status, 404);
    checkError(answer, MISSING);
  }
  assert.equal((await setStatus("lost", "active")).status, 404);
  // Also where its trigger has gone before it.
  await put("lost", { ...LINKS, trigger }, "");
  assert.equal(await readStatus("lost"), "active");
  await brisk().request("DELETE", `${TRIGGERS}/losing`);
  assert.equal((await brisk().request("DELETE", `${RULES}/lost`)).status, 200);
});

test("lists have whole rules without a status, the newest first, and counts", async () => {
  await put("listed-1");
  const { json } = await put("listed-2");
  const { status: _, ...newest } = json as Json;
  const list = async (query: string) => (await brisk().request("GET", `${RULES}${query}`)).json;
  assert.deepEqual(await list("?limit=1"), [newest]);
  const [second] = (await list("/?limit=1&skip=1")) as Json[];
  assert.equal(second?.["name"], "listed-1");
  const { rules } = (await list("?count=true")) as { rules: number };
  assert.deepEqual(await list("?count=true&skip=1&limit=1"), { rules: rules - 1 });
});

test("many changes at a time leave every rule with its one link", async () => {
  const names = ["busy-1", "busy-2"];
  for (const name of names) await createTrigger(name);
  const rules = Array.from({ length: 20 }, (_, index) => `busy-rule-${index}`);
  const created = await Promise.all(
    rules.map((rule) => put(rule, { ...LINKS, trigger: "/_/busy-1" }, "")),
  );
  assert.deepEqual(new Set(created.map(({ status }) => status)), new Set([200]));
  const changes = rules.flatMap((rule, index) => [
    put(rule, { trigger: `/_/${names[index % 2]}` }),
    setStatus(rule, index % 3 === 0 ? "inactive" : "active"),
    ...(index % 5 === 0 ? [brisk().request("DELETE", `${RULES}/${rule}`)] : []),
    brisk().request("PUT", `${TRIGGERS}/${names[index % 2]}?overwrite=true`, { body: {} }),
  ]);
  for (const { status, text } of await Promise.all(changes)) {
    assert.ok([200, 404, 409].includes(status), text);
  }
  const links = new Map(
    (await Promise.all(names.map(async (name) => [name, await readLinks(name)] as const))).flatMap(
      ([name, found]) => found.map(([id, status]) => [id, { name, status }] as const),
    ),
  );
  const listed = (await brisk().request("GET", `${RULES}?limit=0`)).json as Json[];
  const busy = listed.filter(({ name }) => String(name).startsWith("busy-"));
  // Neither a link without a rule, nor a rule without a link, nor two links of one.
  assert.equal(busy.length, links.size);
  for (const { name, trigger } of busy) {
    const link = links.get(`guest/${name}`);
    assert.equal(link?.name, (trigger as Json)["name"]);
    assert.equal(await readStatus(String(name)), link?.status);
  }
});

const malformed = /^The request content was malformed:\n/;
const ROWS: readonly Row[] = [
  {
    name: "a rule that is there is not created",
    method: "PUT",
    path: `${RULES}/kept`,
    body: LINKS,
    status: 409,
    error: "resource already exists",
  },
  ...[{ trigger: "/_/one" }, { action: "/_/action" }, {}].map(
    (body): Row => ({
      name: `a new rule needs trigger and action, not only ${Object.keys(body)}`,
      method: "PUT",
      path: `${RULES}/new`,
      body,
      status: 400,
      error: "rule requires a valid trigger and a valid action",
    }),
  ),
  ...(
    [
      [{ ...LINKS, trigger: "/_/none" }, "trigger /guest/none does not exist"],
      [{ ...LINKS, trigger: "/_/action" }, "trigger /guest/action does not exist"],
      [{ ...LINKS, trigger: "/_/package/one" }, "trigger /guest/package/one does not exist"],
      [{ ...LINKS, action: "/_/none" }, "action /guest/none does not exist"],
      [{ ...LINKS, action: "/_/one" }, "action /guest/one does not exist"],
    ] as const
  ).map(
    ([body, error]): Row => ({
      name: `what a rule links must be there: ${error}`,
      method: "PUT",
      path: `${RULES}/new`,
      body,
      status: 400,
      error,
    }),
  ),
  {
    name: "an action's package must be there",
    method: "PUT",
    path: `${RULES}/new`,
    body: { ...LINKS, action: "/_/package/action" },
    status: 404,
    error: MISSING,
  },
  ...(
    [
      { ...LINKS, trigger: "/other/one" },
      { ...LINKS, action: "/other/one" },
    ] as const
  ).map(
    (body): Row => ({
      name: `another namespace's entities are not linked: ${JSON.stringify(body)}`,
      method: "PUT",
      path: `${RULES}/new`,
      body,
      status: 403,
      error: "The supplied authentication is not authorized to access 'other/one'.",
    }),
  ),
  ...["one", "/_/a/b/c", "", "/_/", 1, { path: "guest" }].map(
    (trigger): Row => ({
      name: `${JSON.stringify(trigger)} is no reference`,
      method: "PUT",
      path: `${RULES}/kept?overwrite=true`,
      body: { ...LINKS, trigger },
      status: 400,
      error: malformed,
    }),
  ),
  {
    name: "a name in a reference must be legal",
    method: "PUT",
    path: `${RULES}/new`,
    body: { ...LINKS, trigger: "/_/a?b" },
    status: 400,
    error: /illegal characters/,
  },
  ...["GET", "PUT", "POST", "DELETE"].map(
    (method): Row => ({
      name: `a name that a trigger has is not a rule's: ${method}`,
      method,
      path: `${RULES}/one?overwrite=true`,
      ...(method === "PUT" ? { body: LINKS } : {}),
      ...(method === "POST" ? { body: { status: "active" } } : {}),
      status: 409,
      error: "Resource by this name exists but is not in this collection.",
    }),
  ),
  ...["GET", "PUT", "POST", "DELETE"].map(
    (method): Row => ({
      name: `another namespace's rules are not accessible: ${method}`,
      method,
      path: "/api/v1/namespaces/other/rules/r",
      ...(method === "PUT" ? { body: LINKS } : {}),
      ...(method === "POST" ? { body: { status: "active" } } : {}),
      status: 403,
      error: "The supplied authentication is not authorized to access 'other/r'.",
    }),
  ),
  {
    name: "another namespace's rules are not listed",
    method: "GET",
    path: "/api/v1/namespaces/other/rules",
    status: 403,
    error: "The supplied authentication is not authorized to access 'other'.",
  },
  ...[{ status: "activating" }, { status: null }, { status: 1 }, {}, [], undefined].map(
    (body): Row => ({
      name: `${JSON.stringify(body)} sets no status`,
      method: "POST",
      path: `${RULES}/kept`,
      body,
      status: 400,
      error: malformed,
    }),
  ),
  {
    name: "a status must be JSON",
    method: "POST",
    path: `${RULES}/kept`,
    body: '{"status":"active"}',
    headers: { "content-type": "text/plain" },
    status: 415,
    error: /Content-Type/,
  },
  {
    name: "the status of a rule that is not there cannot be set",
    method: "POST",
    path: `${RULES}/none`,
    body: { status: "active" },
    status: 404,
    error: MISSING,
  },
  {
    name: "annotations have a bound",
    method: "PUT",
    path: `${RULES}/new`,
    body: { ...LINKS, annotations: [{ key: "a", value: "x".repeat(1_048_576) }] },
    status: 413,
    error: "annotations larger than allowed: 1048579 > 1048576 bytes.",
  },
  {
    name: "a page has at most 200",
    method: "GET",
    path: `${RULES}?limit=-1`,
    status: 400,
    error:
      "The query parameter 'limit' was malformed:\nThe value '-1' is not in the range of 0 to 200 for rules.",
  },
];

testRows(brisk, ROWS);
