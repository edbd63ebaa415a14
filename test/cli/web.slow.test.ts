// `--web` and `--web-secure`: what the command line makes of them is what the platform acts on.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useTyping } from "./typing.ts";

const { brisk, path, cli, ok } = useTyping(async () => {
  writeFileSync(join(path, "echo.js"), "function main(all) { return all; }");
});

/** Of the URL that `--url` prints. */
async function fetchUrl(name: string, query = "", headers: Record<string, string> = {}) {
  const url = (await ok(`action get ${name} --url`)).split("\n")[1] ?? "";
  const response = await fetch(`${url}.json${query}`, { headers });
  return { url, status: response.status, json: (await response.json()) as Record<string, unknown> };
}

test("--web yes, raw and no make it a web action, a raw one and none", async () => {
  await ok("action create how echo.js --web yes -p fixed 1");
  const yes = await fetchUrl("how", "?a=1");
  assert.equal(yes.url, `${brisk().url}/api/v1/web/guest/default/how`);
  assert.deepEqual([yes.status, yes.json["a"]], [200, "1"]);
  assert.equal((await fetchUrl("how", "?fixed=2")).status, 400);
  await ok("action update how --web raw");
  const raw = await fetchUrl("how", "?a=1");
  assert.deepEqual([raw.status, raw.json["__ow_query"]], [200, "a=1"]);
  await ok("action update how --web false");
  const no = await fetchUrl("how");
  assert.equal(no.url, `${brisk().url}/api/v1/namespaces/guest/actions/how`);
  assert.equal((await fetch(`${brisk().url}/api/v1/web/guest/default/how`)).status, 404);
});

test("--web-secure takes a secret, draws one, keeps it, and lifts it", async () => {
  await ok("action create secured echo.js --web true --web-secure s3");
  const statusFor = async (secret: string) =>
    (await fetchUrl("secured", "", { "x-require-whisk-auth": secret })).status;
  assert.deepEqual([await statusFor("s3"), await statusFor("s4")], [200, 401]);
  await ok("action update secured --web-secure true");
  const drawn = await readSecret("secured");
  assert.ok(Number.isSafeInteger(drawn));
  assert.deepEqual([await statusFor(String(drawn)), await statusFor("s3")], [200, 401]);
  await ok("action update secured --web-secure true");
  assert.equal(await readSecret("secured"), drawn);
  await ok("action update secured --web-secure false");
  assert.equal(await readSecret("secured"), undefined);
  assert.equal((await fetchUrl("secured")).status, 200);
});

test("--web-secure is refused where the action is no web action", async () => {
  await ok("action create plain echo.js");
  const { code, stderr } = await cli("action update plain --web-secure true");
  assert.equal(code, 2);
  assert.match(stderr, /--web-secure is for web actions alone: add --web yes or --web raw\n$/);
  assert.equal((await cli("action update plain --web false --web-secure true")).code, 2);
  await ok("action create copied plain --copy --web yes --web-secure x");
});

async function readSecret(name: string): Promise<unknown> {
  const [, ...rest] = (await ok(`action get ${name}`)).split("\n");
  const { annotations } = JSON.parse(rest.join("\n"));
  return annotations.find(({ key }: { key: string }) => key === "require-whisk-auth")?.value;
}
