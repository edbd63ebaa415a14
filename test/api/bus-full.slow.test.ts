// A bus on which others have all there is.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  ACTIVATIONS,
  type ActivationRecord,
  checkError,
  type Json,
  OWN,
  putAction,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { createTenant, type Tenant } from "./tenants.ts";

/** Two have one each, and a third one nothing. */
const brisk = useBrisk({ args: ["--bus-messages", "2"] });

const OVERLOADED = /^The platform is overloaded: \d+ activations are waiting; try again later$/;

test("on a full bus invocations are refused, and a rule fails by the platform's fault, not the firing", async () => {
  const stuck = {
    exec: { kind: "nodejs:24", code: "exports.main = () => new Promise(() => {})" },
    limits: { timeout: 5000 },
  };
  const others = [await createTenant(brisk(), "first"), await createTenant(brisk(), "second")];
  for (const { request, actions } of others) {
    assert.equal((await request("PUT", `${actions}/stuck`, stuck)).status, 200);
  }
  await putAction(brisk(), { name: "note", code: "exports.main = () => ({})" });
  await brisk().request("PUT", `${OWN}/triggers/late`, { body: {} });
  const rule = { trigger: "/_/late", action: "/_/note" };
  assert.equal(
    (await brisk().request("PUT", `${OWN}/rules/late-rule`, { body: rule })).status,
    200,
  );
  /** Each has a share, and is refused for that. */
  const fill = async ({ request, actions }: Tenant) => {
    for (;;) {
      const { status } = await request("POST", `${actions}/stuck`);
      if (status === 429) return;
      assert.equal(status, 202);
    }
  };
  // What is stuck ends in time, and may leave room just then.
  const log = await waitFor(async () => {
    for (const other of others) await fill(other);
    const refused = await brisk().request("POST", `${ACTIONS}/note`);
    if (refused.status === 202) return undefined;
    assert.equal(refused.status, 503);
    checkError(refused, OVERLOADED);
    const fired = await brisk().request("POST", `${OWN}/triggers/late`);
    assert.equal(fired.status, 202, fired.text);
    const path = `${ACTIVATIONS}/${(fired.json as Json)["activationId"]}`;
    const { logs } = (await brisk().request("GET", path)).json as ActivationRecord;
    const line = JSON.parse(logs[0] ?? "") as Json;
    return line["success"] === true ? undefined : line;
  });
  const { error, ...rest } = log;
  assert.match(String(error), OVERLOADED);
  const named = { rule: "guest/late-rule", action: "guest/note" };
  assert.deepEqual(rest, { ...named, statusCode: 3, success: false });
});
