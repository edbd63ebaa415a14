// Large answers to clients that read slowly, or not at all, over real connections.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { MB } from "../kernel/units.ts";
import { Answers } from "./answers.ts";
import { BodyRoom } from "./body-room.ts";

/** More than a connection's buffers take. */
const BODY = Buffer.alloc(16 * MB);

async function open(graceMs: number) {
  const answers = new Answers(new BodyRoom({ bytesMax: 3 * BODY.length, waitMs: 0 }), graceMs);
  const server = createServer((request, response) => {
    const isHeld = answers.hold({ request, response, owner: "" }, BODY.length);
    response.end(isHeld ? BODY : "full");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ask: () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}).pause();
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function lengthOf(url: string): Promise<number> {
  return (await (await fetch(url)).arrayBuffer()).byteLength;
}

/** Whether there is no room for one more, to which its client does not listen. */
async function isFull(url: string): Promise<boolean> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.headers.get("content-length") === String("full".length);
}

test("an answer that is not taken leaves no room for others, until its client goes", async () => {
  await using opened = await open(60_000);
  const socket = opened.ask();
  await once(socket, "connect");
  while (!(await isFull(opened.url)));
  socket.destroy();
  while (await isFull(opened.url));
  while ((await lengthOf(opened.url)) !== BODY.length);
  // Had it been given back twice, there would be room for two.
  const another = opened.ask();
  await once(another, "connect");
  while (!(await isFull(opened.url)));
  another.destroy();
});

test("what is taken leaves room for the next", async () => {
  await using opened = await open(60_000);
  for (let count = 0; count < 4; count++) assert.equal(await lengthOf(opened.url), BODY.length);
});

test("the connection of an answer that is not taken in its time is broken off", async () => {
  // Of so many bytes a minute is the time; then nobody need wait for it here.
  await using opened = await open(-64_000 + 1000);
  const socket = opened.ask();
  await once(socket, "connect");
  let taken = 0;
  socket.pause().on("data", (chunk: Buffer) => {
    taken += chunk.length;
  });
  const timer = setTimeout(() => socket.resume(), 2000);
  await once(socket, "close");
  clearTimeout(timer);
  assert.ok(taken < BODY.length);
});
