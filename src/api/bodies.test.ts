// Bodies over real connections, with bounds small enough to be met.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as openRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { test } from "node:test";
import { KB, MB } from "../kernel/units.ts";
import { Bodies } from "./bodies.ts";
import { BodyRoom } from "./body-room.ts";
import type { Exchange } from "./http.ts";

/** How long a body waits for room. */
const WAIT_MS = 300;

interface Opened extends AsyncDisposable {
  /** Sends a body in pieces; the answer is its length, or what was wrong with it. */
  post(pieces: readonly string[], headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Sends the beginning of one, and then hangs up. */
  postAndLeave(piece: string, length: string | undefined): void;
  /** Lets the requests that were read be answered. */
  answer(): void;
  /** Resolves when so many bodies were read. */
  read(count: number): Promise<void>;
}

async function open({ all, each }: { all: number; each: number }): Promise<Opened> {
  // Nobody alone may have more than half of it.
  const room = new BodyRoom({ bytesMax: 2 * all, waitMs: WAIT_MS });
  const bodies = new Bodies(room);
  let answerAll = () => {};
  let count = 0;
  let heard = () => {};
  const answered = new Promise<void>((resolve) => {
    answerAll = resolve;
  });
  const server = createServer((request, response) => {
    const exchange: Exchange = { request, response, owner: "" };
    const end = (text: string) => {
      room.free(exchange);
      response.end(text);
      request.resume();
    };
    const hold = async (text: string) => {
      count++;
      heard();
      await answered;
      end(String(text.length));
    };
    bodies
      .read(exchange, { bytesMax: each })
      .then(hold)
      .catch((cause: Error) => end(cause.message));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    post: async (pieces, headers = { "content-type": "application/json" }) => {
      const request = openRequest({ port, method: "POST", headers, agent: false });
      for (const piece of pieces) request.write(piece);
      request.end();
      const [response] = await once(request, "response");
      return readText(response);
    },
    postAndLeave: (piece, length) => {
      const headers = {
        "content-type": "application/json",
        ...(length === undefined ? {} : { "content-length": length }),
      };
      const request = openRequest({ port, method: "POST", headers, agent: false });
      request.on("error", () => {});
      request.write(piece, () => request.destroy());
    },
    answer: () => answerAll(),
    read: async (wanted) => {
      while (count < wanted) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a body is read whole, in however many pieces it comes", async () => {
  await using opened = await open({ all: MB, each: MB });
  opened.answer();
  assert.equal(await opened.post(["a", "b", "c".repeat(200 * KB)]), String(200 * KB + 2));
  assert.equal(await opened.post([], {}), "0");
});

test("a body over its own bound is refused, and makes room again", async () => {
  await using opened = await open({ all: 150 * KB, each: 100 * KB });
  opened.answer();
  for (let round = 0; round < 3; round++) {
    const text = await opened.post(["x".repeat(70 * KB), "x".repeat(70 * KB)]);
    assert.match(text, /^Request larger than allowed: \d+ > 102400 bytes\.$/);
  }
  assert.equal(await opened.post(["x".repeat(100 * KB)]), String(100 * KB));
});

test("a large body waits for room while others are worked on, and small ones pass beside it", async () => {
  await using opened = await open({ all: 200 * KB, each: 150 * KB });
  const first = opened.post(["x".repeat(150 * KB)]);
  await opened.read(1);
  const waiting = opened.post(["x".repeat(80 * KB)]);
  const small = opened.post(["x".repeat(60 * KB)]);
  await opened.read(2);
  opened.answer();
  const lengths = [150, 80, 60].map((length) => String(length * KB));
  assert.deepEqual(await Promise.all([first, waiting, small]), lengths);
  assert.equal(await opened.post(["x".repeat(150 * KB)]), String(150 * KB));
});

test("a large body that finds no room in time is refused, however it is sent", async () => {
  await using opened = await open({ all: 200 * KB, each: 150 * KB });
  const first = opened.post(["x".repeat(150 * KB)]);
  await opened.read(1);
  const json = { "content-type": "application/json" };
  const announced = opened.post(["x".repeat(80 * KB)], { ...json, "content-length": `${80 * KB}` });
  const inPieces = opened.post(["x".repeat(70 * KB), "x".repeat(10 * KB)]);
  const texts = await Promise.all([announced, inPieces]);
  for (const text of texts) assert.match(text, /^The platform is overloaded: /);
  opened.answer();
  assert.equal(await first, String(150 * KB));
});

test("who goes away while waiting for room, or after that, leaves none occupied", async () => {
  await using opened = await open({ all: 200 * KB, each: 150 * KB });
  const first = opened.post(["x".repeat(150 * KB)]);
  await opened.read(1);
  for (const length of [`${100 * KB}`, undefined]) opened.postAndLeave("x".repeat(80 * KB), length);
  opened.answer();
  assert.equal(await first, String(150 * KB));
  for (let round = 0; round < 3; round++) {
    assert.equal(await opened.post(["x".repeat(150 * KB)]), String(150 * KB));
  }
});

test("a body that is not labelled as JSON is refused, an empty one without a label is not", async () => {
  await using opened = await open({ all: MB, each: MB });
  opened.answer();
  assert.match(await opened.post(["{}"], {}), /got none$/);
  assert.match(await opened.post(["{}"], { "content-type": "text/plain" }), /got text\/plain$/);
});
