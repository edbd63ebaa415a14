// Containers that are killed from outside while they work: each activation in them ends with a record
// that says so, and everything else goes on.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ActivationRecord,
  invoke,
  putAction,
  readActivation,
  useBrisk,
} from "../api/fixture.ts";

const CLIENTS = 4;
const KILLS = 10;
const KILL_EVERY_MS = 60;

/** By status: while it ran, or while its container was made and once more. */
const EXPECTED: Readonly<Record<number, RegExp>> = {
  500: /Failed to provision resources to run the action/,
  502: /The action did not (produce a valid response|initialize) and exited unexpectedly/,
};

for (const driver of ["process", "sandbox"]) {
  const brisk = useBrisk({ args: ["--driver", driver] });

  test(`containers that are killed cost only what ran in them, with driver ${driver}`, async () => {
    const code = "const main = ({ n }) => new Promise((done) => setTimeout(done, 10, { n }));";
    await putAction(brisk(), { name: "short", code });
    let isEnding = false;
    const answers: { readonly n: number; readonly status: number; readonly id: string }[] = [];
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let n = client; !isEnding; n += CLIENTS) {
        const { status, json } = await invoke(brisk(), "short", { body: { n } });
        answers.push({ n, status, id: (json as ActivationRecord).activationId });
      }
    });
    for (let kills = 0; kills < KILLS; kills++) {
      await delay(KILL_EVERY_MS);
      killChildren(brisk().child.pid);
    }
    isEnding = true;
    await Promise.all(clients);
    for (const { n, status, id } of answers) {
      const { response } = await readActivation(brisk(), id);
      if (status === 200) assert.deepEqual(response.result, { n });
      else assert.match(JSON.stringify(response.result), EXPECTED[status] ?? /^$/);
    }
    assert.equal((await invoke(brisk(), "short", { body: { n: -1 } })).status, 200);
  });
}

function killChildren(parent: number | undefined): void {
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, "latin1");
      const isChild = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(parent);
      if (isChild) process.kill(Number(id), "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
