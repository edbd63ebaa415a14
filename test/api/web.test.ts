// Web actions: which there are, what they see of a request, and in which order it is checked
// (web-action specification, 1.1 to 1.8, 1.10).

import assert from "node:assert/strict";
import { test } from "node:test";
import { putAction, useBrisk } from "./fixture.ts";

const brisk = useBrisk({
  setUp: async (up) => {
    await putAction(up, {
      name: "echo",
      code: "exports.main = (all) => all",
      annotations: [
        { key: "web-export", value: true },
        { key: "final", value: true },
      ],
    });
  },
});

test("x", async () => {
  const a = await brisk().request("GET", "/api/v1/web/guest/default/echo.json/x/y%20z/?a=b&a=c&d");
  console.log(a.status, a.headers, a.text);
  const b = await brisk().request("POST", "/api/v1/web/guest/default/echo", {
    body: { headers: { "Set-Cookie": ["a=b", "c=d"] }, statusCode: 200, body: "<b>" },
  });
  console.log(b.status, b.headers, b.text);
  assert.ok(a);
});
