// What `@adobe/aio-lib-runtime` does with an app that is there already, and what its user reads where
// something is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { invoke, type Json, OWN, useBrisk } from "../../api/fixture.ts";
import { openShop, putCatalog } from "./shop.ts";

const brisk = useBrisk({ setUp: putCatalog });
const MANIFEST = "manifest.yml";

test("an app is deployed again, with only what changed", async () => {
  await using shop = await openShop(brisk());
  await shop.deploy();
  assert.deepEqual(await shop.deploy(), []);
  assert.deepEqual(await readVersions("price", "page"), ["0.0.1", "0.0.1"]);

  await shop.edit("actions/price/prices.js", (text) => text.replace("tea: 4", "tea: 5"));
  await shop.edit(MANIFEST, (text) => text.replace("rate: 3", "rate: 10"));
  await shop.deploy();
  assert.deepEqual(await readVersions("price", "page"), ["0.0.2", "0.0.1"]);
  const query = "blocking=true&result=true";
  const { json } = await invoke(brisk(), "shop/price", { query, body: { item: "tea" } });
  assert.partialDeepStrictEqual(json, { price: 50 });
  const rule = await read("rules/on-ordered");
  assert.partialDeepStrictEqual(rule, { version: "0.0.3", status: "active" });
});

test("what left the manifest of a managed project leaves the namespace", async () => {
  await using shop = await openShop(brisk());
  await shop.sync();
  for (const name of ["page", "restocked", "bound-catalog"]) {
    await shop.edit(MANIFEST, (text) => drop(text, name));
  }
  await shop.sync();
  assert.deepEqual(await list("actions"), [
    "catalog/changes",
    "catalog/greet",
    "shop/price",
    "shop/quote",
    "shop/stock",
  ]);
  assert.deepEqual(await list("triggers"), ["ordered"]);
  assert.deepEqual(await list("packages"), ["catalog", "shop"]);
});

test("nothing of an app is left where it is undeployed", async () => {
  await using shop = await openShop(brisk());
  await shop.deploy();
  await shop.undeploy();
  assert.deepEqual(await list("actions"), ["catalog/changes", "catalog/greet"]);
  assert.deepEqual(await list("triggers"), []);
  assert.deepEqual(await list("rules"), []);
  assert.deepEqual(await list("packages"), ["catalog"]);
  await assert.rejects(shop.undeploy(), /cannot undeploy .* shop, as it was not deployed/);
});

interface Refusal {
  readonly name: string;
  readonly edit?: readonly [string, string];
  /** In place of the guest's own. */
  readonly key?: string;
  readonly namespace?: string;
  readonly message: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    name: "a wrong key",
    key: "wrong",
    message: /HTTP 401 \(Unauthorized\) --> "The supplied authentication is invalid"$/,
  },
  {
    name: "another's namespace",
    namespace: "whisk.system",
    message:
      /HTTP 403 .*"The supplied authentication is not authorized to access 'whisk.system'."$/,
  },
  {
    name: "a kind that nobody knows",
    edit: ["nodejs:24", "nodejs:99"],
    message:
      /^Unsupported node version 'nodejs:99' in action shop\/price.\nSupported runtimes on \S+: .*nodejs:24/,
  },
  {
    name: "a kind that the deployer knows, and Brisk does not",
    edit: ["nodejs:24", "nodejs:10"],
    message:
      /HTTP 400 .*\n.*'nodejs:10' is not supported by this platform. Valid values are: .*nodejs:24/,
  },
  {
    name: "an image",
    edit: ["runtime: nodejs:24", "docker: some/image"],
    message: /HTTP 400 .*\n.*'blackbox' is not supported by this platform./,
  },
  {
    name: "more memory than there is for an action",
    edit: ["memorySize: 128", "memorySize: 100000"],
    message: /HTTP 400 .*\n.*memory size 100000 MB exceeds allowed threshold of 512 MB"$/,
  },
  {
    name: "a binding to no package",
    edit: ["/guest/catalog\n", "/guest/nothing\n"],
    message: /HTTP 400 .*"Binding references a package that does not exist."$/,
  },
  {
    name: "a sequence of no action",
    edit: ["stock, price", "stock, nothing"],
    message: /HTTP 400 .*"Sequence component does not exist."$/,
  },
  {
    name: "a trigger of no feed",
    edit: ["catalog/changes", "catalog/nothing"],
    message: /catalog\/nothing Returned HTTP 404 .*"The requested resource does not exist."$/,
  },
];

for (const { name, edit: [from, to] = ["", ""], key, namespace = "guest", message } of REFUSALS) {
  test(`${name} is refused, and the deployer's user reads why`, async () => {
    const { url, auth: own } = brisk();
    const auth = key === undefined ? own : own.replace(/:.*/, `:${key}`);
    await using shop = await openShop({ url, auth, namespace });
    await shop.edit(MANIFEST, (text) => text.replace(from, to));
    await assert.rejects(shop.deploy(), { message });
  });
}

/** Without that entry of a package. */
function drop(manifest: string, name: string): string {
  return manifest.replace(new RegExp(`^ {6}${name}:\n(?: {8}.*\n)+`, "m"), "");
}

async function read(path: string): Promise<Json> {
  const { status, json, text } = await brisk().request("GET", `${OWN}/${path}`);
  assert.equal(status, 200, text);
  return json as Json;
}

async function readVersions(...actions: readonly string[]): Promise<readonly unknown[]> {
  const found = await Promise.all(actions.map((name) => read(`actions/shop/${name}`)));
  return found.map(({ version }) => version);
}

/** Names, with their package's. */
async function list(collection: string): Promise<readonly string[]> {
  const { json } = await brisk().request("GET", `${OWN}/${collection}`);
  return (json as readonly Record<"namespace" | "name", string>[])
    .map(({ namespace, name }) => `${namespace}/${name}`.replace("guest/", ""))
    .toSorted();
}
