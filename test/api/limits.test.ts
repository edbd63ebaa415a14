// How often and how much: a namespace's limits and throttles, set from outside while the platform runs
// (rest-api specification, 3.6, 4.3, 4.4, 9.2, 9.3).

import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { test } from "node:test";
import { checkError, type Json, useBrisk, waitFor } from "./fixture.ts";
import { basic, createTenant, EXEC } from "./tenants.ts";

const SLOW = {
  kind: "nodejs:24",
  code: "exports.main = () => new Promise((resolve) => setTimeout(resolve, 10_000, {}))",
};

const brisk = useBrisk();

test("the limits that hold are shown, the rates that are off as the largest whole number", async () => {
  for (const path of ["/api/v1/namespaces/_/limits", "/api/v1/namespaces/guest/limits/"]) {
    const { status, json } = await brisk().request("GET", path);
    assert.equal(status, 200);
    assert.deepEqual(json, {
      invocationsPerMinute: 2_147_483_647,
      concurrentInvocations: 10_000,
      firesPerMinute: 2_147_483_647,
      minActionMemory: 128,
      maxActionMemory: 512,
      minActionLogs: 0,
      maxActionLogs: 10,
      minActionTimeout: 100,
      maxActionTimeout: 300_000,
      minActionConcurrency: 1,
      maxActionConcurrency: 500,
      maxActionInstances: 10_000,
      maxParameterSize: "1048576 B",
    });
  }
});

test("invocations per minute: one more is refused with both numbers, also of what is not there", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "per-minute");
  await limit({ invocationsPerMinute: 3 });
  // A clock minute may begin in between: then the count begins anew, and is met a little later.
  const refused = await waitFor(async () => {
    const answer = await request("POST", `${actions}/quick`);
    return answer.status === 202 ? undefined : answer;
  });
  assert.equal(refused.status, 429);
  checkError(refused, "Too many requests in the last minute (count: 4, allowed: 3).");
  assert.equal(refused.headers["retry-after"], undefined);
  const missing = await request("POST", `${actions}/missing`);
  assert.ok([404, 429].includes(missing.status), "404 only in another minute");
  assert.equal((await request("GET", `${actions}/quick`)).status, 200, "reading is not throttled");
  assert.equal((await request("PUT", `${actions}/new`, { exec: EXEC })).status, 200);
});

test("a rate of 0 refuses everything", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "no-rate");
  await limit({ invocationsPerMinute: 0 });
  const answer = await request("POST", `${actions}/quick`);
  assert.equal(answer.status, 429);
  checkError(answer, "Too many requests in the last minute (count: 1, allowed: 0).");
});

test("concurrent invocations: one more is refused, and admitted when one has ended", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "concurrent");
  await limit({ concurrentInvocations: 2 });
  await request("PUT", `${actions}/slow`, { exec: SLOW, limits: { timeout: 1500 } });
  const accepted = await Promise.all([1, 2].map(() => request("POST", `${actions}/slow`)));
  assert.deepEqual(
    accepted.map(({ status }) => status),
    [202, 202],
  );
  const refused = await request("POST", `${actions}/quick?blocking=true`);
  assert.equal(refused.status, 429);
  checkError(refused, "Too many concurrent requests in flight (count: 3, allowed: 2).");
  await waitFor(async () => {
    const { status } = await request("POST", `${actions}/quick?blocking=true`);
    return status === 200 ? true : undefined;
  });
});

/** A request that is admitted, and whose body is still to come: `end` sends it and tells the status. */
async function begin(path: string, headers: Readonly<Record<string, string>>) {
  const request = openRequest(`${brisk().url}${path}`, {
    method: "POST",
    agent: false,
    headers: {
      ...headers,
      expect: "100-continue",
      "content-type": "application/json",
      "content-length": 2,
    },
  });
  request.flushHeaders();
  await once(request, "continue");
  return async () => {
    request.end("{}");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
}

test("requests whose bodies come all at once are no more than one after the other", async () => {
  const { request, subject, actions, limit } = await createTenant(brisk(), "withheld");
  await limit({ concurrentInvocations: 2 });
  const annotations = [{ key: "web-export", value: true }];
  const limits = { timeout: 3000 };
  await request("PUT", `${actions}/slow`, { exec: SLOW, limits, annotations });
  const [own] = subject.namespaces;
  const headers = basic(`${own?.uuid}:${own?.key}`);
  const web = "/api/v1/web/withheld/default/slow";
  const paths = [`${actions}/slow`, `${actions}/slow`, `${actions}/slow`, web, web, web];
  const begun = await Promise.all(paths.map((path) => begin(path, headers)));
  const statuses = await Promise.all(begun.map((end) => end()));
  assert.equal(statuses.filter((status) => status === 429).length, 4, String(statuses));
});

test("a concurrency of 0 refuses everything", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "no-concurrency");
  await limit({ concurrentInvocations: 0 });
  const answer = await request("POST", `${actions}/quick`);
  assert.equal(answer.status, 429);
  checkError(answer, "Too many concurrent requests in flight (count: 1, allowed: 0).");
});

test("one namespace's throttle is not another's", async () => {
  const { request, actions } = await createTenant(brisk(), "free");
  assert.equal((await request("POST", `${actions}/quick?blocking=true`)).status, 200);
});

test("kinds that are not allowed are refused at a PUT with code, and only there", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "kinds");
  await limit({ allowedKinds: ["nodejs:22"] });
  const refused = await request("PUT", `${actions}/another`, { exec: EXEC });
  assert.equal(refused.status, 403);
  checkError(refused, "The action kind 'nodejs:24' is not allowed in this namespace.");
  const path = `${actions}/quick?overwrite=true`;
  assert.equal((await request("PUT", path, { publish: true })).status, 200);
});

test("a namespace's own bounds hold for its actions, its parameters and its payloads", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "bounds");
  await limit({
    minActionMemory: 256,
    maxActionMemory: 300,
    maxActionTimeout: 1000,
    maxActionLogs: 1,
    maxActionConcurrency: 2,
  });
  const put = (body: Json) =>
    request("PUT", `${actions}/bounded?overwrite=true`, { exec: EXEC, ...body });
  const wrong: readonly (readonly [Json, string])[] = [
    [{ memory: 128 }, "memory size 128 MB below allowed threshold of 256 MB"],
    [{ memory: 301 }, "memory size 301 MB exceeds allowed threshold of 300 MB"],
    [
      { timeout: 1001 },
      "duration 1001 milliseconds exceeds allowed threshold of 1000 milliseconds",
    ],
    [{ logs: 2 }, "log size 2 MB exceeds allowed threshold of 1 MB"],
    [{ concurrency: 3 }, "concurrency 3 exceeds allowed threshold of 2"],
  ];
  for (const [limits, error] of wrong) {
    const answer = await put({ limits });
    assert.equal(answer.status, 400);
    checkError(answer, `The request content was malformed:\nrequirement failed: ${error}`);
  }
  const { json } = await put({});
  assert.deepEqual((json as Json)["limits"], {
    timeout: 1000,
    memory: 256,
    logs: 1,
    concurrency: 1,
  });
});

test("a namespace's own sizes hold, and are shown", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "sizes");
  await limit({ maxPayloadSize: "1 KB", maxParameterSize: "100 B" });
  const parameters = [{ key: "a", value: "x".repeat(98) }];
  const large = await request("PUT", `${actions}/large`, { exec: EXEC, parameters });
  assert.equal(large.status, 413);
  checkError(large, "parameters larger than allowed: 101 > 100 bytes.");
  const sent = await request("POST", `${actions}/quick`, { a: "x".repeat(1017) });
  assert.equal(sent.status, 413);
  checkError(sent, "Request larger than allowed: 1025 > 1024 bytes.");
  const code = "exports.main = () => ({ a: 'x'.repeat(1017) })";
  await request("PUT", `${actions}/verbose`, { exec: { ...EXEC, code } });
  const { status, json } = await request("POST", `${actions}/verbose?blocking=true&result=true`);
  assert.equal(status, 502);
  assert.match(
    String((json as Json)["error"]),
    /^The action produced a response that exceeded the allowed length: 1025 > 1024 bytes\./,
  );
  await limit({ maxPayloadSize: "1 KB", truncationSize: "8 B" });
  const cut = await request("POST", `${actions}/verbose?blocking=true&result=true`);
  assert.match(String((cut.json as Json)["error"]), / The truncated response was: \{"a":"xx$/);
});

test("an action whose limits are no longer allowed ends with that as its error", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "tightened");
  await limit({ maxActionMemory: 128 });
  const { status, json } = await request("POST", `${actions}/quick?blocking=true`);
  assert.equal(status, 502);
  assert.deepEqual(((json as Json)["response"] as Json)["status"], "application error");
  assert.deepEqual(((json as Json)["response"] as Json)["result"], {
    error: "memory size 256 MB exceeds allowed threshold of 128 MB",
  });
});

test("a namespace that does not store activations has none, and is answered all the same", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "unstored");
  await limit({ storeActivations: false });
  const { status, json } = await request("POST", `${actions}/quick?blocking=true`);
  assert.equal(status, 200);
  const path = "/api/v1/namespaces/_/activations";
  assert.deepEqual((await request("GET", path)).json, []);
  assert.equal((await request("GET", `${path}/${(json as Json)["activationId"]}`)).status, 404);
});
