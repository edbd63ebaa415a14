// What anybody sees without a key beside the API: its page, and how the invokers are.

import assert from "node:assert/strict";
import { test } from "node:test";
import { invoke, type Json, putAction, testRows, useBrisk } from "./fixture.ts";

const brisk = useBrisk();
const ANONYMOUS = { authorization: undefined };

function get(path: string) {
  return brisk().request("GET", path, { headers: ANONYMOUS });
}

testRows(
  brisk,
  [
    ["/docs/swagger-ui-es-bundle.js", "another of the viewer's files"],
    ["/docs/package.json", "the viewer's package"],
    ["/docs/../ping", "a way out"],
    ["/docs/..%2fpackage.json", "an encoded way out"],
    ["/docs//index.html", "a file with one slash too many"],
    ["/docsx", "something that begins alike"],
    ["/api/v1/docs/none", "a file that is not there"],
  ].map(([path = "", what]) => ({
    name: `${what} is not served`,
    method: "GET",
    path,
    headers: ANONYMOUS,
    status: 404,
    error: "The requested resource could not be found.",
  })),
);

test("the page's address leads to the page, with and without the API's prefix", async () => {
  for (const prefix of ["", "/api/v1"]) {
    for (const path of [`${prefix}/docs`, `${prefix}/docs/`]) {
      const { status, headers, text } = await get(path);
      assert.equal(status, 308);
      assert.equal(text, "");
      const to = `${prefix}/docs/index.html?url=/api/v1/api-docs`;
      assert.equal(headers["location"], to);
      assert.equal((await get(to)).status, 200);
    }
  }
});

test("the page has all that it names, from here alone, and nothing inline", async () => {
  const page = await get("/docs/index.html?url=/api/v1/api-docs");
  assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  assert.doesNotMatch(page.text, /<script>|<style|style=| on\w+=/);
  const named = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name = ""]) => name);
  const files = named.filter((name) => !name.startsWith("data:"));
  assert.deepEqual(files, ["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]);
  const types = ["text/css", "text/javascript", "text/javascript"];
  for (const [index, file] of files.entries()) {
    for (const prefix of ["", "/api/v1"]) {
      const { status, headers, text } = await get(`${prefix}/docs/${file}`);
      assert.equal(status, 200, file);
      assert.equal(headers["content-type"], `${types[index]}; charset=utf-8`);
      assert.equal(Number(headers["content-length"]), Buffer.byteLength(text));
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.doesNotMatch(policy, /unsafe|http|\*|allow-same-origin/);
      assert.match(policy, /; sandbox /);
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  }
  const start = await get("/docs/start.js");
  assert.match(start.text, /^SwaggerUIBundle\(\{\n {2}url: "\/api\/v1\/api-docs",/);
  assert.match((await get("/docs/swagger-ui-bundle.js")).text, /SwaggerUIBundle/);
});

test("many that ask at the same time get the same", async () => {
  const asked = Array.from({ length: 50 }, () => get("/docs/swagger-ui-bundle.js"));
  const texts = (await Promise.all(asked)).map(({ text }) => text);
  assert.equal(new Set(texts).size, 1);
});

test("the embedded invoker is up", async () => {
  assert.deepEqual((await get("/invokers")).json, { "invoker0/0": "up" });
  assert.equal((await get("/invokers/healthy/count")).text, "1");
  const ready = await get("/invokers/ready");
  assert.equal(ready.status, 200);
  assert.deepEqual(ready.json, { healthy: "1/1" });
  await putAction(brisk(), { name: "failing", code: "exports.main = () => { throw 1 }" });
  for (let count = 0; count < 5; count++) await invoke(brisk(), "failing");
  assert.deepEqual((await get("/invokers")).json as Json, { "invoker0/0": "up" });
});
