// A small bus: tries that wait for hours leave room on it for everybody's work.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, ACTIVATIONS, type Json, OWN, putAction, useBrisk, waitFor } from "./fixture.ts";
import { createTenant } from "./tenants.ts";

const MESSAGES = 200;
const COUNT = 300;
const brisk = useBrisk({ args: ["--bus-messages", String(MESSAGES)] });

async function count(name: string): Promise<number> {
  const { json } = await brisk().request("GET", `${ACTIVATIONS}?name=${name}&count=true`);
  return (json as { activations: number }).activations;
}

test("a tenant's waiting tries do not fill the bus; what is not tried again is told", async () => {
  const other = await createTenant(brisk(), "unharmed");
  await brisk().request("PUT", `${OWN}/triggers/unsent`, { body: {} });
  await putAction(brisk(), { name: "note", code: "exports.main = () => ({})" });
  const rule = { trigger: "/_/unsent", action: "/_/note" };
  assert.equal((await brisk().request("PUT", `${OWN}/rules/tell`, { body: rule })).status, 200);
  const annotations = [
    { key: "retries", value: { times: 1, backoff: 3_600_000 } },
    { key: "dead-letter", value: "unsent" },
  ];
  const code = "exports.main = () => ({ error: 1 })";
  const exec = { kind: "nodejs:24", code };
  await brisk().request("PUT", `${ACTIONS}/fails`, { body: { exec, annotations } as Json });
  for (let sent = 0; sent < COUNT; sent++) {
    const answer = await brisk().request("POST", `${ACTIONS}/fails`);
    assert.equal(answer.status, 202, `${sent}: ${answer.text}`);
    if (sent % 50 === 49) await waitFor(async () => (await count("fails")) > sent || undefined);
  }
  const answer = await other.request("POST", `${other.actions}/quick?blocking=true`);
  assert.equal(answer.status, 200, answer.text);
  // An eighth of the bus waits.
  const told = COUNT - MESSAGES / 8;
  await waitFor(async () => (await count("note")) === told || undefined);
});
