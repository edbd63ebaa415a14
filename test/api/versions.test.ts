import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, annotationOf, invoke, putAction, readActivation, useBrisk, type ActivationRecord } from "./fixture.ts";

const brisk = useBrisk();

test("an earlier version runs", async () => {
  await putAction(brisk(), { name: "v", code: "function main() { return { is: 1 }; }" });
  await putAction(brisk(), { name: "v", code: "function main() { return { is: 2 }; }" });
  await putAction(brisk(), { name: "v", code: "function main() { return { is: 3 }; }" });
  for (const [q, is] of [["", 3], ["&version=0.0.1", 1], ["&version=0.0.2", 2], ["&version=0.0.3", 3]] as const) {
    const a = await invoke(brisk(), "v", { query: `blocking=true${q}` });
    console.log(a.text);
    assert.equal((a.json as ActivationRecord).response.result && ((a.json as any).response.result.is), is);
  }
  console.log((await invoke(brisk(), "v", { query: `blocking=true&version=0.0.9` })).text);
  console.log((await brisk().request("GET", `${ACTIONS}/v?versions=true`)).text);
  const put = await brisk().request("PUT", `${ACTIONS}/v?overwrite=true`, { body: { annotations: [{ key: "aliases", value: { default: { "0.0.1": 1 } } }] } });
  console.log(put.text);
  console.log((await invoke(brisk(), "v")).text);
});
