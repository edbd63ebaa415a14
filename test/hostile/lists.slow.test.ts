// One tenant's lists, more of them and larger ones than the store answers at once: another's requests are
// neither refused nor behind them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  ACTIVATIONS,
  invoke,
  type Json,
  putAction,
  useBrisk,
  waitFor,
} from "../api/fixture.ts";
import { createTenant, EXEC, type Tenant } from "../api/tenants.ts";

let tenant: Tenant;
const brisk = useBrisk({
  setUp: async (opened) => {
    tenant = await createTenant(opened, "neighbour");
  },
});

async function fillActivations(name: string, { count, length }: { count: number; length: number }) {
  await putAction(brisk(), {
    name,
    code: `exports.main = () => ({ text: "x".repeat(${length}) })`,
  });
  await Promise.all(Array.from({ length: count }, () => invoke(brisk(), name, { query: "" })));
  await waitFor(async () => {
    const { json } = await brisk().request("GET", `${ACTIVATIONS}?name=${name}&count=true`);
    return (json as Json)["activations"] === count || undefined;
  });
}

/** Requests that are all under way, and how many of them have been answered. */
function begin(path: string, count: number) {
  const flood = { answered: 0, ended: Promise.resolve<unknown>(undefined) };
  const send = async () => {
    const { status } = await brisk().request("GET", path);
    flood.answered++;
    return status;
  };
  flood.ended = Promise.all(Array.from({ length: count }, send));
  return flood;
}

/** What reads from the store, of another tenant: what is listed, and what is not remembered. */
async function expectServed(): Promise<void> {
  const activations = "/api/v1/namespaces/neighbour/activations";
  const urls = [`${tenant.actions}?limit=5`, `${tenant.actions}/quick`, `${activations}?docs=true`];
  const answers = await Promise.all(urls.map((url) => tenant.request("GET", url)));
  for (const { status, text } of answers) assert.equal(status, 200, text);
}

test("thousands of lists of one tenant do not stand in front of another's", async () => {
  await fillActivations("small", { count: 200, length: 1 });
  const count = 1500;
  const flood = begin(`${ACTIVATIONS}?limit=200`, count);
  await waitFor(() => flood.answered > 0 || undefined);
  await expectServed();
  assert.ok(flood.answered < count / 2, `${flood.answered} were answered before`);
  const statuses = await flood.ended;
  assert.deepEqual(statuses, Array(count).fill(200));
});

test("lists of tens of megabytes of one tenant do not stand in front of another's", async () => {
  await fillActivations("large", { count: 60, length: 900_000 });
  const count = 16;
  const flood = begin(`${ACTIVATIONS}?name=large&docs=true&limit=200`, count);
  await waitFor(() => flood.answered > 0 || undefined);
  await expectServed();
  assert.ok(flood.answered < count / 2, `${flood.answered} were answered before`);
  await flood.ended;
  const listed = await brisk().request("GET", `${ACTIVATIONS}?name=large&docs=true&limit=200`);
  const records = listed.json as { response: { result: { text: string } } }[];
  assert.equal(records.length, 60);
  assert.ok(records.every(({ response }) => response.result.text.length === 900_000));
});

test("lists and reads of large entities of one tenant let another's requests pass", async () => {
  const value = Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`key${n}`, n]));
  const large = [{ key: "large", value }];
  const names = Array.from({ length: 12 }, (_, n) => `large-${n}`);
  for (const name of names) {
    const body = { exec: EXEC, annotations: large, parameters: large };
    const put = await brisk().request("PUT", `${ACTIONS}/${name}`, { body });
    assert.equal(put.status, 200, put.text);
  }
  for (const path of [`${ACTIONS}?limit=200`, `${ACTIONS}/large-0`]) {
    const count = 4;
    const flood = begin(path, count);
    let passed = 0;
    while (flood.answered < count) {
      const { status } = await tenant.request("POST", `${tenant.actions}/quick?blocking=true`, {});
      assert.equal(status, 200);
      passed++;
    }
    // Else none comes between two of them.
    assert.ok(passed > 5 * count, `${passed} passed beside ${path}`);
    assert.deepEqual(await flood.ended, Array(count).fill(200));
  }
  const { json } = await brisk().request("GET", `${ACTIONS}?limit=200`);
  const listed = json as { name: string; annotations: { key: string; value: unknown }[] }[];
  const found = listed.filter(({ name }) => names.includes(name));
  assert.deepEqual(
    found.map(({ annotations }) => annotations.find(({ key }) => key === "large")?.value),
    names.map(() => value),
  );
});
