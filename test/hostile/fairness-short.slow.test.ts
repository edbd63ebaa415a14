// The floods that every machine meets: too much work, and work that never ends.

import { before, describe, test } from "node:test";
import { useBrisk } from "../api/fixture.ts";
import { createTenant, type Tenant } from "../api/tenants.ts";
import { compare } from "./fairness.ts";
import { countedFlood, runningFlood } from "./floods.ts";

const FLOODS = {
  "5,000 non-blocking invocations": countedFlood(5000),
  "loops without end": runningFlood("const main = () => { for (;;); }", 3),
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
