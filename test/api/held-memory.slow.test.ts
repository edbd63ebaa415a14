// Large requests that do not come whole, and large answers that are not taken: what one tenant has the
// platform hold is bounded, and leaves room for the others.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { MB } from "../../src/kernel/units.ts";
import { ACTIONS, ACTIVATIONS, putAction, useBrisk, waitFor } from "./fixture.ts";
import { basic, createTenant, EXEC } from "./tenants.ts";

const brisk = useBrisk();

function send(head: string, body: Buffer | string = ""): Socket {
  const { hostname, port } = new URL(brisk().url);
  const { authorization } = basic(brisk().auth);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(`${head} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n`);
  socket.write(body);
  return socket;
}

test("a tenant's uploads that stand still leave room for another's", async () => {
  const other = await createTenant(brisk(), "uploader");
  const length = 45 * MB;
  const head = `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), Buffer.alloc(length - 1, " ")]);
  const sockets = Array.from({ length: 6 }, () => send(`PUT ${ACTIONS}/never`, body));
  // What is beyond its share is not read; what the connections' buffers take does not matter.
  const countTaken = () => sockets.filter((socket) => socket.writableLength === 0).length;
  await waitFor(() => countTaken() === 2 || undefined);
  const exec = { ...EXEC, code: `${EXEC.code}${" ".repeat(10 * MB)}` };
  const put = await other.request("PUT", `${other.actions}/large`, { exec });
  assert.equal(put.status, 200, put.text.slice(0, 200));
  assert.equal(countTaken(), 2);
  for (const socket of sockets) socket.destroy();
});

test("answers that a tenant does not take are bounded, and leave room for another's", async () => {
  const other = await createTenant(brisk(), "reader");
  await putAction(brisk(), {
    name: "large",
    code: 'exports.main = () => ({ x: "x".repeat(1e6) })',
  });
  for (let count = 0; count < 40; count++) {
    await brisk().request("POST", `${ACTIONS}/large?blocking=true`);
  }
  const path = `${ACTIVATIONS}?docs=true&limit=40`;
  const sockets = Array.from({ length: 8 }, () => send(`GET ${path}`, "\r\n"));
  // What its buffers take it takes at once.
  const begun = sockets.map(async (socket) => {
    const [head] = await once(socket, "data");
    socket.pause();
    return String(head);
  });
  const refused = (await Promise.all(begun)).filter((head) => head.startsWith("HTTP/1.1 503 "));
  assert.equal(refused.length, 5);
  const exec = { ...EXEC, code: `${EXEC.code}${" ".repeat(10 * MB)}` };
  const put = await other.request("PUT", `${other.actions}/large`, { exec });
  assert.equal(put.status, 200, put.text.slice(0, 200));
  for (const socket of sockets) socket.destroy();
  await waitFor(async () => (await brisk().request("GET", path)).status === 200 || undefined);
});
