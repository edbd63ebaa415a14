// A streamed body far larger than any memory involved, to a client that reads when it likes.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request as openRequest } from "node:http";
import { test } from "node:test";
import { KB, MB } from "../../src/kernel/units.ts";
import { invoke, type Json, putAction, readActivation, useBrisk, waitFor } from "./fixture.ts";
import { WEB } from "./web-fixture.ts";

const BYTES = 200 * MB;
/** Of what is read at a time between two looks at the platform. */
const STRIDE_BYTES = 10 * MB;
/** What the system may hold in the two ends of a connection, and as much as the platform does. */
const AHEAD_MAX = readBufferMax("tcp_rmem") + readBufferMax("tcp_wmem") + 2 * MB;
/** Beside garbage, a stream takes half a megabyte: credit, pipes and sockets. */
const GROWTH_MAX = 60 * MB;
const CONTAINER_MB = 128;

const CODE = `
  let asked = 0;
  exports.main = ({ look }) => {
    if (look) return { asked, rss: process.memoryUsage().rss };
    return { body: (async function* () {
      for (asked = 0; asked < ${BYTES / (64 * KB)}; asked++) yield Buffer.alloc(${64 * KB}, asked);
    })() };
  };`;

for (const driver of ["process", "sandbox"] as const) {
  const brisk = useBrisk({ args: ["--driver", driver] });

  test(`200 MB pass through the ${driver} driver, and nothing grows with them`, async () => {
    const annotations = [{ key: "web-export", value: true }];
    const limits = { concurrency: 5, memory: CONTAINER_MB };
    await putAction(brisk(), { name: "large", code: CODE, annotations, limits });
    const pid = brisk().child.pid ?? 0;
    const before = readMemory(pid);
    const response = await open(`${brisk().url}${WEB}/large`);
    let read = 0;
    let stride = 0;
    let growth = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      read += piece.length;
      stride += piece.length;
      if (stride < STRIDE_BYTES) continue;
      // The client reads nothing until the action is not asked for more.
      stride = 0;
      const { asked, rss } = await waitUntilHeldUp();
      assert.ok(asked - read < AHEAD_MAX, `${asked} bytes were asked for, ${read} read`);
      assert.ok(rss < 2 * CONTAINER_MB * MB, `the container has ${rss} bytes`);
      growth = Math.max(growth, readMemory(pid) - before);
    }
    assert.equal(read, BYTES);
    assert.ok(growth < GROWTH_MAX, `the platform has grown by ${growth} bytes`);
    const id = response.headers["x-openwhisk-activation-id"];
    const { result } = (await readActivation(brisk(), id)).response;
    assert.equal((result as { streamed: Json }).streamed["bytes"], BYTES);
  });

  async function waitUntilHeldUp(): Promise<{ asked: number; rss: number }> {
    let last: number | undefined;
    return waitFor(async () => {
      const query = "blocking=true&result=true";
      const { json } = await invoke(brisk(), "large", { query, body: { look: true } });
      const { asked, rss } = json as { asked: number; rss: number };
      const isHeldUp = asked === last;
      last = asked;
      return isHeldUp ? { asked: asked * 64 * KB, rss } : undefined;
    });
  }
}

/** The last of the three numbers: what a busy connection's buffer may grow to. */
function readBufferMax(name: string): number {
  const text = readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8");
  return Number(text.trim().split(/\s+/).at(-1));
}

async function open(url: string): Promise<IncomingMessage> {
  const request = openRequest(url);
  request.end();
  const [response] = await once(request, "response");
  return response as IncomingMessage;
}

/** Resident memory of a process, in bytes. */
function readMemory(pid: number): number {
  const [, text] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(text) * KB;
}
