// Floods of every kind that a container can make.

import { before, describe, test } from "node:test";
import { useBrisk } from "../api/fixture.ts";
import { createTenant, type Tenant } from "../api/tenants.ts";
import { compare } from "./fairness.ts";
import { runningFlood } from "./floods.ts";

const FLOODS = {
  "output without end": runningFlood(
    `const main = () => { const all = Buffer.alloc(1 << 16, "x\\n"); for (;;) require("node:fs").writeSync(1, all); }`,
    2,
  ),
  "a fork bomb": runningFlood(
    `const main = () => {
      require("node:child_process").spawn("/bin/sh", ["-c", "f() { f & f & }; while :; do f; done"], { stdio: "ignore" });
      return new Promise(() => {});
    }`,
    1,
  ),
  "writers of large files": runningFlood(
    `const main = () => { for (;;) require("node:fs").writeFileSync("/tmp/x", Buffer.alloc(16 << 20)); }`,
    2,
  ),
  "programs started without end": runningFlood(
    `const main = () => { for (;;) require("node:child_process").spawnSync("/bin/sh", ["-c", ":"]); }`,
    2,
  ),
};

describe("another tenant's p99 stays within its budget beside", () => {
  const brisk = useBrisk({ args: ["--driver", "sandbox"] });
  let tenant: Tenant;
  before(async () => {
    tenant = await createTenant(brisk(), "neighbour");
  });

  for (const [name, flood] of Object.entries(FLOODS)) {
    test(name, async (context) => {
      context.diagnostic(await compare(brisk(), tenant, flood));
    });
  }
});
