// Numbers of more digits than JavaScript reads exactly, stored and handed on as they were sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, invoke, OWN, testRows, useBrisk } from "./fixture.ts";

const BIG = "12345678901234567890";
const FRACTION = "0.1234567890123456789012";
const MALFORMED = "The request content was malformed:\n";
/** In `parameters` and `annotations`, as they are stored. */
const ENTRIES = `[{"key":"big","value":${BIG}},{"key":"in","value":{"a":[-${BIG},${FRACTION},7]}}]`;
const CODE = "exports.main = () => ({ big: process.env.big })";

const brisk = useBrisk();

async function putText(path: string, body: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const { status, text } = await brisk().request("PUT", `${OWN}/${path}`, { body, headers });
  assert.equal(status, 200, text);
  return text;
}

test("parameters and annotations keep their digits, in every kind of entity", async () => {
  const exec = JSON.stringify({ kind: "nodejs:24", code: CODE });
  const both = `"parameters":${ENTRIES},"annotations":${ENTRIES}`;
  const bodies = {
    "actions/kept": `{"exec":${exec},${both}}`,
    "packages/kept-package": `{${both}}`,
    "triggers/kept-trigger": `{${both}}`,
    "rules/kept-rule": `{"trigger":"/_/kept-trigger","action":"/_/kept","annotations":${ENTRIES}}`,
  };
  for (const [path, body] of Object.entries(bodies)) {
    const answers = [await putText(path, body)];
    answers.push((await brisk().request("GET", `${OWN}/${path}`)).text);
    // A change of something else reads and writes them too.
    answers.push(await putText(`${path}?overwrite=true`, '{"publish":true}'));
    answers.push((await brisk().request("GET", `${OWN}/${path}`)).text);
    const inside = ENTRIES.slice(1, -1);
    const fields = path.startsWith("rules") ? 1 : 2;
    for (const text of answers) assert.equal(text.split(inside).length - 1, fields, text);
  }
});

test("an action gets them as they are", async () => {
  const exec = JSON.stringify({ kind: "nodejs:24", code: CODE });
  const init = `[{"key":"big","value":${BIG},"init":true}]`;
  await putText("actions/started", `{"exec":${exec},"parameters":${init}}`);
  const { text } = await invoke(brisk(), "started", { query: "blocking=true&result=true" });
  assert.equal(text, `{"big":"${BIG}"}`);
});

test("a web action's secret may be such a number", async () => {
  const exec = JSON.stringify({ kind: "nodejs:24", code: CODE });
  const annotations = `[{"key":"web-export","value":true},{"key":"require-whisk-auth","value":${BIG}}]`;
  await putText("actions/secret", `{"exec":${exec},"annotations":${annotations}}`);
  const path = `/api/v1/web/${brisk().namespace}/default/secret.json`;
  const call = async (secret: string) => {
    const headers = { authorization: undefined, "x-require-whisk-auth": secret };
    return (await brisk().request("GET", path, { headers })).status;
  };
  assert.equal(await call(BIG), 200);
  assert.equal(await call(String(BigInt(Number(BIG)))), 401);
});

testRows(
  brisk,
  (
    [
      ["as a whole body", BIG, "the body is a number, must be an object"],
      [
        "as a parameter",
        `{"parameters":[${BIG}]}`,
        "'0' must be an object defined in 'parameters'",
      ],
      ["as a version", `{"version":${BIG}}`, "'version' must be a string"],
      [
        "as a limit that is no whole number",
        '{"limits":{"timeout":12345678901234567890.5e-10}}',
        "'timeout' must be a whole number defined in 'limits'",
      ],
      [
        "beside a hundred thousand values",
        `{"parameters":[{"key":"a","value":[${"1,".repeat(100_000)}${BIG}]}]}`,
        "the body has too many values beside a number of more than 15 digits, must have at most 100000",
      ],
    ] as const
  ).map(([where, body, error]) => ({
    name: `a long number is refused ${where}`,
    method: "PUT",
    path: `${ACTIONS}/refused`,
    body,
    headers: { "content-type": "application/json" },
    status: 400,
    error: `${MALFORMED}${error}`,
  })),
);

testRows(brisk, [
  {
    name: "a long limit is looked at as a number",
    method: "PUT",
    path: `${ACTIONS}/refused`,
    body: `{"exec":{"kind":"nodejs:24","code":"x"},"limits":{"timeout":${BIG}}}`,
    headers: { "content-type": "application/json" },
    status: 400,
    error: /exceeds allowed threshold of 300000 milliseconds/,
  },
]);
