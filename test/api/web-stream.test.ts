// Streamed answers of web actions: piece by piece to the client, held up where it does not read, recorded
// as others are. Action `shared` runs several at a time in one container, so that a test lets one go on by
// another: nothing here waits for a time.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { test } from "node:test";
import { readActivation, useBrisk } from "./fixture.ts";
import { putWebAction, WEB } from "./web-fixture.ts";

const brisk = useBrisk({
  setUp: async (up) => {
    await putWebAction(up, {
      name: "hello",
      code: `exports.main = () => ({
        headers: { "content-type": "text/event-stream" },
        body: (async function* () { yield "data: 1\\n\\n"; yield Buffer.from("data: 2\\n\\n"); })(),
      })`,
    });
  },
});

async function open(path: string, method = "GET"): Promise<IncomingMessage> {
  const request = openRequest(`${brisk().url}${WEB}/${path}`, { method });
  request.end();
  const [response] = await once(request, "response");
  return response as IncomingMessage;
}

test("a generator is streamed", async () => {
  const response = await open("hello");
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["content-type"], "text/event-stream; charset=UTF-8");
  let text = "";
  for await (const chunk of response) text += chunk;
  assert.equal(text, "data: 1\n\ndata: 2\n\n");
  const record = await readActivation(brisk(), response.headers["x-openwhisk-activation-id"]);
  console.log(JSON.stringify(record));
});
