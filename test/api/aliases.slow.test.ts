// Aliases: names that choose among an action's versions, by weight.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  type ActivationRecord,
  annotationOf,
  checkRow,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import {
  listVersions,
  putVersions,
  run,
  say,
  setAliases,
  toRan,
  update,
} from "./versions-fixture.ts";

const brisk = useBrisk({
  setUp: async (up) => {
    await putVersions(up, "plain", 3);
    await putVersions(up, "aliased", 4);
    await setAliases(up, "aliased", { old: { "0.0.1": 1 }, both: { "0.0.2": 2, "0.0.4": 1 } });
  },
});

const WRONG: readonly [value: unknown, error: string][] = [
  [
    ["live"],
    "The annotation 'aliases' must be an object with the aliases' names, and of each its versions with weights",
  ],
  [
    { live: "0.0.1" },
    `The annotation 'aliases' must give 'live' 1 to 10 versions with weights, for instance {"0.0.3": 90, "0.0.4": 10}`,
  ],
  [
    { live: { "0.0.1": 0 } },
    "The annotation 'aliases' gives 'live' for 0.0.1 the weight 0, must be a whole number from 1 to 1000000",
  ],
  [
    { live: { "0.0.9": 1 } },
    "The alias 'live' names version 0.0.9, which is not kept: there are 0.0.3, 0.0.2, 0.0.1",
  ],
];
for (const [value, error] of WRONG) {
  test(`aliases ${JSON.stringify(value)} are refused, and nothing changes`, async () => {
    const answer = await update(brisk(), "plain", { annotations: [{ key: "aliases", value }] });
    checkRow({ status: 400, error }, answer);
    assert.deepEqual(await run(brisk(), "plain"), ["0.0.3", 3, undefined]);
  });
}

test("an alias runs the versions that it names, and the record says by which it came", async () => {
  assert.deepEqual(await run(brisk(), "aliased", "&alias=old"), ["0.0.1", 1, "old"]);
  const ran = await run(brisk(), "aliased", "&alias=both");
  assert.ok([2, 4].includes(Number(ran[1])), String(ran));
  assert.deepEqual(await run(brisk(), "aliased"), ["0.0.4", 4, undefined]);
});

test("giving aliases makes no new version, giving anything else beside them does", async () => {
  await putVersions(brisk(), "moved", 2);
  assert.equal(await setAliases(brisk(), "moved", { live: { "0.0.1": 1 } }), "0.0.2");
  const live = { key: "aliases", value: { live: { "0.0.2": 1, "0.0.3": 1 } } };
  const both = await update(brisk(), "moved", { annotations: [live, { key: "note", value: 1 }] });
  assert.equal((both.json as Json)["version"], "0.0.3");
  const { json } = await update(brisk(), "moved", { delAnnotations: ["aliases"] });
  assert.equal((json as Json)["version"], "0.0.3");
  assert.deepEqual(await listVersions(brisk(), "moved"), ["0.0.3", "0.0.2", "0.0.1"]);
  const gone = await invoke(brisk(), "moved", { query: "alias=live" });
  checkRow({ status: 404, error: "The action has no alias 'live'." }, gone);
});

test("aliases are the action's: an earlier version that is put again does not bring its own", async () => {
  await putVersions(brisk(), "back", 1);
  await setAliases(brisk(), "back", { live: { "0.0.1": 1 } });
  await putAction(brisk(), { name: "back", code: say(2) });
  const { json } = await brisk().request("GET", `${ACTIONS}/back?version=0.0.1`);
  assert.equal(annotationOf(json as ActivationRecord, "aliases"), undefined);
  const { version: _, ...earlier } = json as Json;
  await setAliases(brisk(), "back", { live: { "0.0.2": 1 } });
  const put = await update(brisk(), "back", earlier);
  assert.deepEqual([put.status, (put.json as Json)["version"]], [200, "0.0.3"], put.text);
  assert.deepEqual(await run(brisk(), "back"), ["0.0.3", 1, undefined]);
  assert.deepEqual(await run(brisk(), "back", "&alias=live"), ["0.0.2", 2, "live"]);
});

test("an update takes no number of its own that an alias names", async () => {
  await putVersions(brisk(), "back", 3);
  await setAliases(brisk(), "back", { live: { "0.0.2": 1 } });
  const exec = { kind: "nodejs:24", code: say("back again") };
  assert.equal((await update(brisk(), "back", { exec, version: "0.0.1" })).status, 200);
  await putAction(brisk(), { name: "back", code: say("newest") });
  assert.deepEqual(await run(brisk(), "back", "&alias=live"), ["0.0.2", 2, "live"]);
  assert.deepEqual(await run(brisk(), "back"), ["0.0.3", "newest", undefined]);
});

test("moving aliases about starts no container anew, and shows nothing of how", async () => {
  const initTime = async () => {
    const { json } = await invoke(brisk(), "stays");
    return annotationOf(json as ActivationRecord, "initTime");
  };
  const path = `${ACTIONS}/stays`;
  await putVersions(brisk(), "stays", 1);
  assert.notEqual(await initTime(), undefined);
  const { json: before } = await brisk().request("GET", path);
  for (const value of [{ default: { "0.0.1": 1 } }, { live: { "0.0.1": 1 } }, null]) {
    await setAliases(brisk(), "stays", value);
    assert.equal(await initTime(), undefined, JSON.stringify(value));
  }
  await putAction(brisk(), { name: "stays", code: say(2) });
  await setAliases(brisk(), "stays", { default: { "0.0.1": 1 } });
  assert.equal(await initTime(), undefined);
  await setAliases(brisk(), "stays", null);
  const shown = [
    (await brisk().request("GET", path)).json,
    (await brisk().request("GET", `${path}?version=0.0.1`)).json,
    (await brisk().request("DELETE", path)).json,
  ];
  for (const each of shown)
    assert.deepEqual(Object.keys(each as Json), Object.keys(before as Json));
});

test("the alias default is what everybody gets who asks for nothing: actions, sequences, rules, the web", async () => {
  const exported = [{ key: "web-export", value: true }];
  for (const is of [1, 2]) {
    await putAction(brisk(), { name: "shifted", code: say(is), annotations: exported });
  }
  const sequence = { exec: { kind: "sequence", components: ["/_/shifted"] } };
  await update(brisk(), "of-shifted", sequence);
  await brisk().request("PUT", `${OWN}/triggers/shift`, { body: {} });
  const links = { trigger: "/_/shift", action: "/_/shifted" };
  await brisk().request("PUT", `${OWN}/rules/on-shift`, { body: links });

  await setAliases(brisk(), "shifted", { default: { "0.0.1": 1 } });
  assert.deepEqual(await run(brisk(), "shifted"), ["0.0.1", 1, "default"]);
  assert.deepEqual(await run(brisk(), "shifted", "&version=0.0.2"), ["0.0.2", 2, undefined]);
  const whole = await invoke(brisk(), "of-shifted");
  const { logs, response } = whole.json as ActivationRecord;
  assert.equal((response.result as Json)["is"], 1);
  assert.deepEqual(toRan(await readActivation(brisk(), logs[0])), ["0.0.1", 1, "default"]);
  const fired = await brisk().request("POST", `${OWN}/triggers/shift`);
  const firing = await readActivation(brisk(), (fired.json as Json)["activationId"]);
  const { activationId } = JSON.parse(firing.logs[0] ?? "") as Json;
  assert.deepEqual(toRan(await readActivation(brisk(), activationId)), ["0.0.1", 1, "default"]);
  const page = await brisk().request("GET", "/api/v1/web/guest/default/shifted.json");
  assert.equal((page.json as Json)["is"], 1, page.text);

  await setAliases(brisk(), "shifted", null);
  assert.deepEqual(await run(brisk(), "shifted"), ["0.0.2", 2, undefined]);
});

test("who may call a web action is for its current version to say, whichever runs", async () => {
  const secured = [
    { key: "web-export", value: true },
    { key: "require-whisk-auth", value: "secret" },
  ];
  await putAction(brisk(), { name: "web", code: say(1), annotations: secured.slice(0, 1) });
  await putAction(brisk(), { name: "web", code: say(2), annotations: secured });
  await setAliases(brisk(), "web", { default: { "0.0.1": 1 } });
  const call = async (headers = {}) => {
    const path = "/api/v1/web/guest/default/web.json";
    const { status, json } = await brisk().request("GET", path, { headers });
    return [status, (json as Json)["is"]];
  };
  assert.deepEqual(await call(), [401, undefined]);
  assert.deepEqual(await call({ "x-require-whisk-auth": "secret" }), [200, 1]);
});

/**
 * The number that run the rarer version is binomial, of 1000 and 0.1. Outside of 53 to 151 it is with a
 * probability of 2.0e-7 (2.6e-8 below, 1.7e-7 above, summed exactly): so often this fails by chance.
 */
test("of 1,000 runs of an alias by 90 to 10, about 100 are of the rarer version", async () => {
  await putVersions(brisk(), "split", 2);
  await setAliases(brisk(), "split", { default: { "0.0.1": 90, "0.0.2": 10 } });
  let rarer = 0;
  let left = 1000;
  const runSome = async () => {
    while (left-- > 0) {
      const [version, is] = await run(brisk(), "split");
      assert.equal(version, `0.0.${is}`);
      if (is === 2) rarer++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, runSome));
  assert.ok(rarer >= 53 && rarer <= 151, `${rarer} of 1000`);
});

test("runs go on without a failure while updates follow each other and the alias is moved", async () => {
  await putVersions(brisk(), "busy", 1);
  let isOver = false;
  const seen = new Set<unknown>();
  const runAll = async () => {
    while (!isOver) {
      const [version, is] = await run(brisk(), "busy");
      assert.equal(version, `0.0.${is}`);
      seen.add(is);
    }
  };
  const running = Promise.all(Array.from({ length: 4 }, runAll));
  for (let is = 2; is <= 8; is++) {
    await putAction(brisk(), { name: "busy", code: say(is) });
    await setAliases(brisk(), "busy", { default: { [`0.0.${is - 1}`]: 1, [`0.0.${is}`]: 1 } });
    await waitFor(() => seen.has(is) || undefined);
  }
  isOver = true;
  await running;
});
