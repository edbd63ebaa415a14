// What floods a platform, for the measurements in fairness.ts.

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  ACTIONS,
  ACTIVATIONS,
  type ActivationRecord,
  invoke,
  type Json,
  putAction,
} from "../api/fixture.ts";
import { basic } from "../api/tenants.ts";
import type { Brisk } from "../harness.ts";
import type { Flood } from "./fairness.ts";
import { flood, type Order } from "./flooder.ts";

const RUN_MS = 2000;
/** Of the 48 MB that a code may have, some are the escapes of its text. */
const LARGE_LENGTH = 45_000_000;
const LOOK_EVERY_MS = 100;

/** Several containers that run that code until their time is up. */
export function runningFlood(code: string, containers: number): Flood {
  return {
    start: async (brisk) => {
      const running = Array.from({ length: containers }, async (_, n) => {
        const name = `flood-${n}`;
        await putAction(brisk, { name, code, limits: { timeout: RUN_MS, memory: 128 } });
        const { json } = await invoke(brisk, name);
        const { response } = json as ActivationRecord;
        assert.equal(response.status, "action developer error");
      });
      return toGoingOn(Promise.all(running));
    },
  };
}

/** So many non-blocking invocations, until the last of them has ended. */
export function countedFlood(count: number): Flood {
  const name = "flood-quick";
  return {
    start: async (brisk) => {
      await putAction(brisk, { name, code: "const main = () => ({});" });
      const { authorization } = basic(brisk.auth);
      const url = `${brisk.url}${ACTIONS}/${name}`;
      const order = { url, headers: { authorization }, count, connections: 16 };
      const sent = flood(order).then(async (accepted) => {
        assert.equal(accepted, count);
        await waitForRecords(brisk, name, count);
      });
      return toGoingOn(sent);
    },
  };
}

/** So many requests for an action whose code is as large as may be, several at a time. */
export function largeFlood(method: "PUT" | "GET", count: number): Flood {
  return {
    start: async (brisk) => {
      const { authorization } = basic(brisk.auth);
      const put = {
        url: `${brisk.url}${ACTIONS}/flood-large?overwrite=true`,
        headers: { authorization, "content-type": "application/json" },
        method: "PUT",
        codeLength: LARGE_LENGTH,
        connections: 3,
      };
      if (method === "PUT") return toGoingOn(sendAll({ ...put, count }));
      await sendAll({ ...put, count: 1 });
      const { codeLength: _, ...get } = { ...put, method };
      return toGoingOn(sendAll({ ...get, count }));
    },
  };
}

async function sendAll(order: Order): Promise<void> {
  assert.equal(await flood(order), order.count);
}

async function waitForRecords(brisk: Brisk, name: string, count: number): Promise<void> {
  for (let found = 0; found < count; ) {
    // Rarely: it costs the platform, and the thread of the test, what is being measured.
    await delay(LOOK_EVERY_MS);
    const { json } = await brisk.request("GET", `${ACTIVATIONS}?name=${name}&count=true`);
    found = Number((json as Json)["activations"]);
  }
}

/** Whether it has not ended; what it fails with is thrown there. */
function toGoingOn(work: Promise<unknown>): () => boolean {
  let isGoingOn = true;
  let cause: unknown;
  work
    .catch((error: unknown) => {
      cause = error;
    })
    .finally(() => {
      isGoingOn = false;
    });
  return () => {
    if (cause !== undefined) throw cause;
    return isGoingOn;
  };
}
