// What `@adobe/aio-lib-runtime`, Adobe's deployer for OpenWhisk apps, makes of a small one, and that it works.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  ACTIVATIONS,
  type ActivationRecord,
  invoke,
  type Json,
  OWN,
  readActivation,
  useBrisk,
  waitFor,
} from "../../api/fixture.ts";
import type { Brisk } from "../../harness.ts";
import { openShop, putCatalog, type Shop } from "./shop.ts";

let shop: Shop | undefined;
let urls: Readonly<Record<string, string | undefined>> = {};
const brisk = useBrisk({
  setUp: async (brisk) => {
    await putCatalog(brisk);
    shop = await openShop(brisk);
    urls = Object.fromEntries((await shop.deploy()).map(({ name, url }) => [name, url]));
  },
});
after(() => shop?.[Symbol.asyncDispose]());

/** By path, what the manifest says of it. */
const DEPLOYED: Readonly<Record<string, Json>> = {
  "packages/shop": {
    parameters: [
      { key: "currency", value: "EUR" },
      { key: "rate", value: 2 },
    ],
    publish: false,
  },
  "packages/bound-catalog": {
    binding: { namespace: "guest", name: "catalog" },
    parameters: [{ key: "greeting", value: "from the shop" }],
  },
  "actions/shop/price": {
    exec: { kind: "nodejs:24", binary: true },
    limits: { timeout: 5000, memory: 128, logs: 1, concurrency: 1 },
    parameters: [
      { key: "currency", value: "EUR" },
      { key: "rate", value: 3 },
    ],
  },
  "actions/shop/stock": { exec: { kind: "nodejs:24", binary: true } },
  "actions/shop/page": { exec: { kind: "nodejs:24", binary: true } },
  "actions/shop/quote": {
    exec: { kind: "sequence", components: ["/guest/shop/stock", "/guest/shop/price"] },
  },
  "triggers/ordered": {
    parameters: [{ key: "item", value: "tea" }],
    rules: {
      "guest/on-ordered": { action: { path: "guest/shop", name: "quote" }, status: "active" },
    },
  },
  "triggers/restocked": { parameters: [{ key: "every", value: 5 }] },
  "rules/on-ordered": {
    status: "active",
    trigger: { path: "guest", name: "ordered" },
    action: { path: "guest/shop", name: "quote" },
  },
};

for (const [path, expected] of Object.entries(DEPLOYED)) {
  test(`${path} is as the manifest says`, async () => {
    const { status, json, text } = await brisk().request("GET", `${OWN}/${path}`);
    assert.equal(status, 200, text);
    assert.partialDeepStrictEqual(json, { version: "0.0.1", ...expected });
  });
}

const ANNOTATED: Readonly<Record<string, Json>> = {
  "actions/shop/price": { description: "what an item costs", "web-export": false },
  "actions/shop/page": { final: true, "web-export": true },
  "actions/shop/quote": { "web-export": true },
  "triggers/ordered": { description: "somebody bought something" },
  "triggers/restocked": { feed: "/guest/catalog/changes" },
};

for (const [path, expected] of Object.entries(ANNOTATED)) {
  test(`${path} has the manifest's annotations, and is known as the project's`, async () => {
    const { json } = await brisk().request("GET", `${OWN}/${path}`);
    const { annotations } = json as ActivationRecord;
    const found = Object.fromEntries(annotations.map(({ key, value }) => [key, value]));
    assert.partialDeepStrictEqual(found, {
      ...expected,
      "whisk-managed": { projectName: "shop" },
    });
  });
}

test("an action runs with the file that was bundled with it, and the package's parameters", async () => {
  const record = await run("shop/price", { item: "tea" });
  assert.deepEqual(record.response.result, { item: "tea", price: 12, currency: "EUR" });
});

test("an archived action reads a file of its archive", async () => {
  const record = await run("shop/stock", { item: "tea" });
  assert.deepEqual(record.response.result, { item: "tea", level: 7 });
});

test("a bound package's action has the binding's parameters", async () => {
  const record = await run("bound-catalog/greet", {});
  assert.deepEqual(record.response.result, { greeting: "from the shop" });
});

test("a web action answers where the deployer says, and its parameters are final", async () => {
  const answer = await fetch(`${urls["shop/page"]}?item=tea`);
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "<h1>Shop</h1><p>tea</p>");
  assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
  const overriding = await fetch(`${urls["shop/page"]}?title=Mine`);
  assert.equal(overriding.status, 400, await overriding.text());
});

test("a web sequence answers where the deployer says", async () => {
  const answer = await fetch(`${urls["shop/quote"]}.json?item=milk`);
  assert.equal(answer.status, 200);
  assert.partialDeepStrictEqual(await answer.json(), { level: 0, price: 3, currency: "EUR" });
});

test("firing the trigger runs the rule's sequence with the trigger's parameters", async () => {
  const { status, json, text } = await brisk().request("POST", `${OWN}/triggers/ordered`);
  assert.equal(status, 202, text);
  const { logs } = await readActivation(brisk(), (json as ActivationRecord).activationId);
  const [outcome] = logs.map((line) => JSON.parse(line) as Json);
  assert.partialDeepStrictEqual(outcome, { rule: "guest/on-ordered", success: true });
  const record = await readActivation(brisk(), outcome?.["activationId"]);
  assert.deepEqual(record.response.result, { item: "tea", level: 7, price: 12, currency: "EUR" });
});

test("the feed's action heard of its trigger", async () => {
  const heard = await waitFor(async () => {
    const records = await listRecords(brisk(), "catalog/changes");
    return records.length > 1 ? records.map(({ response }) => response.result as Json) : undefined;
  });
  // Before it makes a feed, the deployer deletes what may be left of an earlier one.
  assert.deepEqual(
    heard.map(({ lifecycleEvent }) => lifecycleEvent),
    ["CREATE", "DELETE"],
  );
  const { auth } = brisk();
  assert.partialDeepStrictEqual(heard[0], {
    triggerName: "/guest/restocked",
    authKey: auth,
    every: 5,
  });
});

test("the deployer prints an action's output", async () => {
  const { activationId } = await run("shop/price", { item: "milk" });
  await readActivation(brisk(), activationId);
  await shop?.printLogs("shop/price");
  assert.deepEqual(shop?.lines.slice(-2), [`guest/shop/price:${activationId}`, "priced milk"]);
});

async function run(name: string, body: Json): Promise<ActivationRecord> {
  const { status, json, text } = await invoke(brisk(), name, { body });
  assert.equal(status, 200, text);
  return json as ActivationRecord;
}

async function listRecords(brisk: Brisk, name: string): Promise<readonly ActivationRecord[]> {
  const { json } = await brisk.request("GET", `${ACTIVATIONS}?name=${name}&docs=true`);
  return json as readonly ActivationRecord[];
}
