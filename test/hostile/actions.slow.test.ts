// Actions that try to use up or to break what is not theirs, on a whole platform: each ends with
// its right record, and meanwhile another tenant's invocations go on.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type ActivationRecord,
  invoke,
  putAction,
  readActivation,
  useBrisk,
} from "../api/fixture.ts";
import { createTenant, type Tenant } from "../api/tenants.ts";

const TIME_LIMIT_MS = 1500;
/** For what ends before its time is up, however slow the machine is. */
const AMPLE_MS = 30_000;
const TIMED_OUT = /^The action exceeded its time limits of 1500 milliseconds\.$/;
const NO_MEMORY = /^The action exhausted its memory and was aborted\.$/;
const EXITED = /^The action did not produce a valid response and exited unexpectedly\.$/;
const NO_JSON = /^The action returned a result that cannot be written as JSON: /;

interface Hostile {
  /** What it does, as a sentence's subject. */
  readonly name: string;
  readonly code: string;
  /** The error of its record. */
  readonly error: RegExp;
  readonly status?: string;
  readonly logs?: RegExp;
  /** Otherwise it goes on until its time is up. */
  readonly endsByItself?: true;
}

const DEVELOPER_ERROR = "action developer error";

const HOSTILE: readonly Hostile[] = [
  {
    name: "a fork bomb",
    code: `const main = () => {
      require("node:child_process").spawn("/bin/sh", ["-c", "f() { f & f & }; while :; do f; done"], { stdio: "ignore" });
      return new Promise(() => {});
    }`,
    // Whether its own process survives the crowd is not told.
    error: new RegExp(`${TIMED_OUT.source}|${EXITED.source}|${NO_MEMORY.source}`),
  },
  {
    name: "an eater of the heap",
    endsByItself: true,
    code: "const main = () => { const all = []; for (;;) all.push({ all: [...all.slice(-1000)] }); }",
    error: NO_MEMORY,
  },
  {
    name: "an eater of memory outside the heap",
    endsByItself: true,
    code: "const main = () => { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); }",
    error: NO_MEMORY,
  },
  {
    name: "a filler of its disks",
    endsByItself: true,
    code: `const fs = require("node:fs");
      const main = () => {
        for (const path of ["/tmp/x", "/action/x", "/dev/shm/x"]) {
          const file = fs.openSync(path, "w");
          try { for (;;) fs.writeSync(file, Buffer.alloc(1 << 20, 1)); } catch {}
        }
        return {};
      }`,
    error: NO_MEMORY,
  },
  {
    name: "a loop without end",
    code: "const main = () => { for (;;); }",
    error: TIMED_OUT,
  },
  {
    name: "output without end",
    code: `const main = async () => { for (;;) { process.stdout.write("x".repeat(1 << 16) + "\\n"); await null; } }`,
    error: new RegExp(`${TIMED_OUT.source}|${NO_MEMORY.source}`),
    logs: /Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes/,
  },
  {
    name: "forged answers without end",
    code: `const main = () => { const fs = require("node:fs"); for (;;) fs.writeSync(3, '{"forged":true}'); }`,
    error: new RegExp(`${TIMED_OUT.source}|${EXITED.source}`),
  },
  {
    name: "a result that is too large",
    endsByItself: true,
    code: `const main = () => ({ all: "x".repeat(5 << 20) })`,
    error:
      /^The action produced a response that exceeded the allowed length: \d+ > \d+ bytes\. The truncated response was: /,
    status: "application error",
  },
  {
    name: "a result that is too deep",
    endsByItself: true,
    code: `const main = () => { let all = {}; for (let n = 0; n < 5000; n++) all = { all }; return all; }`,
    error: NO_JSON,
  },
  {
    name: "a killer of everything",
    endsByItself: true,
    code: `const main = () => { process.kill(-1, "SIGKILL"); return new Promise(() => {}); }`,
    // It finds nobody but itself and its parent, which it may not kill.
    error: /^An error has occurred: Error: kill ESRCH$/,
  },
];

describe("a hostile action ends with its record, and others go on:", () => {
  const brisk = useBrisk({ args: ["--driver", "sandbox"] });
  let other: Tenant;
  before(async () => {
    other = await createTenant(brisk(), "neighbour");
  });

  for (const [index, hostile] of HOSTILE.entries()) {
    const { name, code, error, status = DEVELOPER_ERROR, logs, endsByItself } = hostile;
    test(name, async () => {
      const action = `hostile-${index}`;
      const timeout = endsByItself ? AMPLE_MS : TIME_LIMIT_MS;
      await putAction(brisk(), { name: action, code, limits: { timeout, memory: 128, logs: 1 } });
      const neighbour = keepInvoking(other);
      const answer = await invoke(brisk(), action);
      await neighbour.end();
      // 502 is what OpenWhisk answers for a blocking invocation that failed.
      assert.equal(answer.status, 502, answer.text.slice(0, 500));
      const { activationId } = answer.json as ActivationRecord;
      const record = await readActivation(brisk(), activationId);
      assert.equal(record.response.status, status);
      assert.match((record.response.result as { error: string }).error, error);
      if (logs !== undefined) assert.match(record.logs.join("\n"), logs);
    });
  }
});

/** Another tenant's invocations, one after the other, each of which must succeed. */
function keepInvoking({ request, actions }: Tenant) {
  let isEnding = false;
  const going = (async () => {
    do {
      const { status, text } = await request("POST", `${actions}/quick?blocking=true`, {});
      assert.equal(status, 200, text);
    } while (!isEnding);
  })();
  // Seen by `end`, also where it comes before.
  going.catch(() => {});
  return {
    end: () => {
      isEnding = true;
      return going;
    },
  };
}
