// `/docs` as somebody sees and uses it in a browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { ACTIONS, type Json, OWN, putAction, useBrisk } from "../api/fixture.ts";
import { type Looking, openBrowser, openPage } from "./browser.ts";

const GROUPS = [
  "Actions",
  "Triggers",
  "Rules",
  "Packages",
  "Activations",
  "Namespaces",
  "Web actions",
];
const ACTION = "/namespaces/{namespace}/actions/{name}";

/** A GIF of one pixel. */
const DOT = "R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw==";

const brisk = useBrisk();
let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

test("the page shows its title, its version and a group for each collection", async () => {
  await using looking = await openDocs();
  const { page } = looking;
  assert.equal(await page.title(), "Brisk's API");
  assert.match(await textOf(page.locator("h2.title")), /^Brisk\b/);
  const { json } = await brisk().request("GET", "/api/v1");
  assert.equal(await textOf(page.locator(".version").first()), (json as Json)["buildno"]);
  const groups = page.locator(".opblock-tag-section");
  const names = await groups.locator("h3 a").allInnerTexts();
  assert.deepEqual(names, GROUPS);
  for (const group of await groups.all()) assert.ok((await group.locator(".opblock").count()) > 0);
  assertQuiet(looking);
});

test("an operation that is opened shows its parameters, its body and its answers", async () => {
  await using looking = await openDocs();
  const operation = await openOperation(looking.page, "POST", ACTION);
  for (const name of ["namespace", "name", "blocking", "result", "timeout", "Idempotency-Key"]) {
    await operation.locator(`tr[data-param-name="${name}"]`).waitFor();
  }
  assert.match(await textOf(operation.locator(".opblock-section-request-body")), /"name": "Ada"/);
  const answers = await operation.locator(".responses-table .response-col_status").allInnerTexts();
  const statuses = answers.map((text) => text.trim()).filter((text) => /^\d+$/.test(text));
  const own = [200, 202, 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503];
  const anyones = [406, 414, 417, 431];
  const all = [...own, ...anyones].sort((a, b) => a - b);
  assert.deepEqual(statuses, all.map(String));
  assertQuiet(looking);
});

test("with the key an action is created and invoked from the page", async () => {
  await using looking = await openDocs();
  const { page } = looking;
  await authorize(page);
  // The bodies are the examples that the page offers.
  const put = await tryOut(page, { verb: "PUT", path: ACTION, fields: { name: "tried" } });
  assert.equal(put.status, "200");
  assert.equal((await brisk().request("GET", `${ACTIONS}/tried`)).status, 200);
  const fields = { name: "tried", blocking: "true", result: "true" };
  const { status, text } = await tryOut(page, { verb: "POST", path: ACTION, fields });
  assert.equal(status, "200");
  assert.deepEqual(JSON.parse(text), { greeting: "Hello Ada" });
  assertQuiet(looking);
});

test("a header of the API's own can be sent from the page", async () => {
  await putAction(brisk(), { name: "keyed", code: "exports.main = () => ({})" });
  await using looking = await openDocs();
  await authorize(looking.page);
  const fields = { name: "keyed", "Idempotency-Key": "once" };
  const { status, text } = await tryOut(looking.page, { verb: "POST", path: ACTION, fields });
  assert.equal(status, "202");
  assert.match(text, /"activationId": "[0-9a-f]{32}"/);
  assertQuiet(looking);
});

test("without a key the page shows what the API says, and the browser does not ask for one", async () => {
  await using looking = await openDocs();
  const { status, text } = await tryOut(looking.page, { verb: "GET", path: "/namespaces" });
  assert.equal(status, "401");
  assert.match(text, /"error": "The resource requires authentication/);
});

test("a web action's answer is shown, whatever its type", async () => {
  await brisk().request("PUT", `${OWN}/packages/shown`, { body: {} });
  const code = (type: string, body: string) =>
    `exports.main = () => ({ headers: { "content-type": "${type}" }, body: "${body}" })`;
  const annotations = [{ key: "web-export", value: true }];
  const page = code("text/html", "<h1>seen</h1>");
  await putAction(brisk(), { name: "shown/page", code: page, annotations });
  await putAction(brisk(), { name: "shown/image", code: code("image/gif", DOT), annotations });
  await using looking = await openDocs();
  const path = "/web/{namespace}/{package}/{action}";
  const fields = { namespace: brisk().namespace, package: "shown", action: "page" };
  const { status, text } = await tryOut(looking.page, { verb: "GET", path, fields });
  assert.equal(status, "200");
  assert.equal(text, "<h1>seen</h1>");
  await using again = await openDocs();
  await tryOut(again.page, { verb: "GET", path, fields: { ...fields, action: "image" } });
  const image = again.page.locator(".live-responses-table img");
  await image.waitFor();
  assert.equal(await image.evaluate(toWidth), 1);
  assertQuiet(looking);
  assertQuiet(again);
});

test("a tenant's page, though of the same origin, cannot look into it", async () => {
  const code = `exports.main = () => ({ headers: { "content-type": "text/html" }, body: "<p>hostile" })`;
  const annotations = [{ key: "web-export", value: true }];
  await putAction(brisk(), { name: "hostile", code, annotations });
  await using looking = await openPage(browser);
  const { page } = looking;
  await page.goto(`${brisk().url}/api/v1/web/${brisk().namespace}/default/hostile`);
  const [opened] = await Promise.all([
    page.waitForEvent("popup"),
    page.evaluate("void (globalThis.opened = open('/docs'))"),
  ]);
  await opened.locator(".opblock").first().waitFor();
  const seen = await page.evaluate("try { opened.document.title } catch ({ name }) { name }");
  assert.equal(seen, "SecurityError");
});

async function openDocs(): Promise<Looking> {
  const looking = await openPage(browser);
  await looking.page.goto(`${brisk().url}/docs`);
  await looking.page.locator(".opblock").first().waitFor();
  return looking;
}

/** Nothing came from elsewhere, and the browser had nothing to say. */
function assertQuiet({ requested, complaints }: Looking): void {
  const own = [`${brisk().url}/`, "data:", "blob:"];
  const foreign = requested.filter((url) => !own.some((start) => url.startsWith(start)));
  assert.deepEqual({ foreign, complaints }, { foreign: [], complaints: [] });
}

async function authorize(page: Page): Promise<void> {
  const [user = "", password = ""] = brisk().auth.split(":");
  await page.getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".dialog-ux");
  await dialog.getByLabel("Username").fill(user);
  await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await dialog.waitFor({ state: "detached" });
}

async function openOperation(page: Page, verb: string, path: string): Promise<Locator> {
  const operation = page
    .locator(`.opblock-${verb.toLowerCase()}`)
    .filter({ has: page.locator(`[data-path="${path}"]`) });
  await operation.locator(".opblock-summary-control").click();
  return operation;
}

interface Trial {
  readonly verb: string;
  readonly path: string;
  /** By their names; what is not named stays as the page offers it. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** What the page shows of the answer. */
async function tryOut(
  page: Page,
  { verb, path, fields = {} }: Trial,
): Promise<{ readonly status: string; readonly text: string }> {
  const operation = await openOperation(page, verb, path);
  await operation.getByRole("button", { name: "Try it out" }).click();
  for (const [name, value] of Object.entries(fields)) {
    const row = operation.locator(`tr[data-param-name="${name}"]`);
    if ((await row.locator("select").count()) > 0) await row.locator("select").selectOption(value);
    else await row.locator("input").fill(value);
  }
  await operation.getByRole("button", { name: "Execute" }).click();
  const answer = operation.locator(".live-responses-table tbody tr").first();
  const status = await textOf(answer.locator(".response-col_status"));
  const body = answer.locator(".highlight-code code");
  return { status, text: (await body.count()) > 0 ? await textOf(body) : "" };
}

/** Runs in the browser. */
function toWidth(image: unknown): number {
  return (image as { readonly naturalWidth: number }).naturalWidth;
}

async function textOf(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? "").trim();
}
