import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Connection } from "./connection.ts";
import { CONNECTION_FD, findPipe } from "./launched-container.ts";

const WAIT_MS = 10_000;

/** Ended, and not yet waited for by Node: nothing of it has been read. */
function waitUntilDead(processId: number): void {
  const until = performance.now() + WAIT_MS;
  while (!/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, "latin1"))) {
    assert.ok(performance.now() < until, "it goes on");
  }
}

test("what was said before the end is heard, also where it can be written to no more", async () => {
  const code = `require("node:fs").writeSync(${CONNECTION_FD}, "x".repeat(100_000) + "last")`;
  const child = spawn(process.execPath, ["-e", code], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const socket = findPipe(child, CONNECTION_FD);
  assert.ok(socket !== undefined && child.pid !== undefined);
  socket.on("error", () => {});
  let heard = "";
  const connection = new Connection(socket, (chunk) => {
    heard += chunk.toString();
  });
  waitUntilDead(child.pid);
  connection.send("first");
  assert.equal(await connection.readToEnd(WAIT_MS), true);
  assert.equal(heard.length, 100_004);
  assert.match(heard, /last$/);
});
