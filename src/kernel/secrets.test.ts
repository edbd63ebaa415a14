// Secrets are the same only where every character is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isSameSecret } from "./secrets.ts";

test("texts are the same or not, whatever their lengths", () => {
  assert.ok(isSameSecret("s3", "s3"));
  assert.ok(isSameSecret("", ""));
  for (const given of ["", "s", "s4", "S3", "s3 ", "s33"]) assert.ok(!isSameSecret("s3", given));
});
