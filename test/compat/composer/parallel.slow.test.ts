// The combinators of `openwhisk-composer` that run branches side by side, `parallel` and `map`: the branches
// meet in a Redis server, which the conductor finds in its parameters (`$composer.redis`) and reaches with
// the modules that every action has, whichever `redis` it was written for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readParts } from "../../api/composed.ts";
import {
  ACTIONS,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  useBrisk,
} from "../../api/fixture.ts";
import { createTenant } from "../../api/tenants.ts";
import { type DeployOptions, deploy } from "./compositions.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";

let redis: RedisServer | undefined;
before(async () => {
  redis = await startRedis();
});
const brisk = useBrisk({
  setUp: async (brisk) => {
    await putAction(brisk, { name: "double", code: "exports.main = ({ n }) => ({ n: 2 * n })" });
    await putAction(brisk, { name: "square", code: "exports.main = ({ n }) => ({ n: n * n })" });
  },
});
after(() => redis?.[Symbol.asyncDispose]());

interface Case {
  readonly id: string;
  readonly composition: string;
  readonly input?: Json;
  readonly result: Json;
}

const CASES: readonly Case[] = [
  {
    id: "parallel",
    composition: "composer.parallel('double', 'square', ({ n }) => n + 1)",
    input: { n: 5 },
    result: { value: [{ n: 10 }, { n: 25 }, { value: 6 }] },
  },
  { id: "par of nothing", composition: "composer.par()", input: { n: 5 }, result: { value: [] } },
  {
    id: "parallel with an error in one branch",
    composition: "composer.parallel('double', () => ({ error: 'foo' }), 'missing', 'square')",
    input: { n: 5 },
    result: {
      value: [
        { n: 10 },
        { error: "foo" },
        { error: "Failed to resolve action with name 'guest/missing' during composition." },
        { n: 25 },
      ],
    },
  },
  {
    id: "parallel in a try, where the branches' errors are no error of the whole",
    composition: "composer.try(composer.parallel(() => ({ error: 'foo' })), () => 'caught')",
    result: { value: [{ error: "foo" }] },
  },
  {
    id: "parallel, each branch with its own variables",
    composition:
      "composer.let({ x: 1 }, composer.parallel(() => { x = 2; return x }, () => x), ({ value }) => ({ value, x }))",
    result: { value: [{ value: 2 }, { value: 1 }], x: 1 },
  },
  {
    id: "parallel sequences, and what follows",
    composition:
      "composer.seq(composer.parallel(composer.seq('double', 'square'), composer.if(({ n }) => n > 1, 'square')), ({ value: [a, b] }) => a.n - b.n)",
    input: { n: 3 },
    result: { value: 27 },
  },
  {
    id: "map",
    composition: "composer.map('double', 'square')",
    input: { value: [{ n: 1 }, { n: 2 }, { n: 3 }] },
    result: { value: [{ n: 4 }, { n: 16 }, { n: 36 }] },
  },
  {
    id: "map over values that are no objects",
    composition: "composer.map(({ value }) => value.toUpperCase())",
    input: { value: ["a", "b"] },
    result: { value: [{ value: "A" }, { value: "B" }] },
  },
  {
    id: "map over nothing",
    composition: "composer.map('double')",
    input: { value: [] },
    result: { value: [] },
  },
  {
    id: "map with an error in one branch",
    composition: "composer.map(({ n }) => n === 2 ? { error: 'even' } : { n }, 'double')",
    input: { value: [{ n: 1 }, { n: 2 }, { n: 3 }] },
    result: { value: [{ n: 2 }, { error: "even" }, { n: 6 }] },
  },
  {
    id: "a map of maps",
    composition: "composer.map(composer.map(({ value }) => -value))",
    input: { value: [[1, 2], [3]] },
    result: { value: [{ value: [{ value: -1 }, { value: -2 }] }, { value: [{ value: -3 }] }] },
  },
];

for (const { id, composition, input = {}, result } of CASES) {
  test(`a composition of ${id}`, async () => {
    const { status, record } = await run(composition, { input, uri: openRedis().uri });
    assert.deepEqual([status, record.response.result], [200, result], record.logs.join("\n"));
    assert.equal(annotationOf(record, "conductor"), true);
    assert.equal(await openRedis().countKeys(), 0, "nothing is left in Redis");
  });
}

test("a map of 20 runs its branches side by side", async () => {
  const value = Array.from({ length: 20 }, (_, n) => ({ n }));
  const { record } = await run("composer.map('double')", {
    input: { value },
    uri: openRedis().uri,
  });
  assert.deepEqual(record.response.result, { value: value.map(({ n }) => ({ n: 2 * n })) });
});

const PARALLEL = "composer.parallel('double', 'square')";

interface FailingCase {
  readonly id: string;
  readonly uri?: () => string;
  readonly error: string;
  /** In the conductor's logs, as the Composer hides it behind an error of its own. */
  readonly cause: RegExp;
}

const NO_REDIS = "Parallel combinator requires a properly configured redis instance";
const CLOSED = "Internal error: DEL can't be processed. The connection is already closed.";
/** Of a service that is nowhere any more. */
const DISCARD_PORT = 9;

const FAILING: readonly FailingCase[] = [
  { id: "is told of no Redis", error: NO_REDIS, cause: RegExp(NO_REDIS) },
  {
    id: "finds nobody where Redis should be",
    uri: () => `redis://${openRedis().host}:${DISCARD_PORT}`,
    error: CLOSED,
    cause: /connect ECONNREFUSED/,
  },
  {
    id: "has a wrong password",
    uri: () => openRedis().uri.replace(/:[0-9a-f]+@/, ":wrong@"),
    error: CLOSED,
    cause: /WRONGPASS/,
  },
];

for (const { id, uri, error, cause } of FAILING) {
  test(`a composition that ${id} fails, and its records say why`, async () => {
    const { status, record } = await run(PARALLEL, { input: { n: 5 }, uri: uri?.() });
    assert.deepEqual([status, record.response.result], [502, { error }]);
    const [step] = await readParts(brisk(), record);
    assert.match(step?.logs.join("\n") ?? "", cause);
  });
}

test("a Redis that does not answer is waited for until the conductor's limit", async () => {
  const uri = openRedis().silentUri;
  const { status, record } = await run(PARALLEL, { uri, timeoutMs: 3000 });
  const error = "The action exceeded its time limits of 3000 milliseconds.";
  assert.deepEqual([status, record.response.result], [502, { error }]);
});

/** Brisk has no packages of the system: an operator makes the one action that the Composer names. */
test("branches may outlive a conductor's step, where /whisk.system/utils/echo is", async () => {
  const { request } = await createTenant(brisk(), "whisk.system");
  const exec = { kind: "nodejs:default", code: "exports.main = (given) => given" };
  assert.equal((await request("PUT", `${OWN}/packages/utils`, { publish: true })).status, 200);
  assert.equal((await request("PUT", `${ACTIONS}/utils/echo`, { exec })).status, 200);
  const code = "exports.main = (given) => new Promise((done) => setTimeout(done, 2500, given))";
  await putAction(brisk(), { name: "slow", code });
  const { record } = await run("composer.parallel('slow', 'double')", {
    input: { n: 5 },
    uri: openRedis().uri,
    // It leaves 5 s of this for what follows, and waits at least 1 s at a time.
    timeoutMs: 6000,
  });
  assert.deepEqual(record.response.result, { value: [{ n: 5 }, { n: 10 }] });
  const names = (await readParts(brisk(), record)).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 3), ["composed", "echo", "composed"]);
});

test("an action may call redis as in OpenWhisk's newest images and as in those that the Composer knows", async () => {
  const code = `
    import { createClient, ErrorReply } from "redis";
    export const main = async ({ uri }) => {
      const client = await createClient({ url: uri }).connect();
      await client.set("counted", 1);
      client.destroy();
      const early = createClient(uri, {});
      const counted = await new Promise((resolve, reject) => {
        early.on("error", reject).incr("counted", (error, n) => error ? reject(error) : resolve(n));
      });
      await new Promise((resolve) => early.del("counted", resolve));
      early.end(true);
      return { counted, type: typeof ErrorReply };
    };`;
  await putAction(brisk(), { name: "counting", code });
  const { json, text } = await invoke(brisk(), "counting", { body: { uri: openRedis().uri } });
  const { result } = (json as ActivationRecord).response;
  assert.deepEqual(result, { counted: 2, type: "function" }, text);
});

function openRedis(): RedisServer {
  assert.ok(redis, "redis is up from the first test to the last");
  return redis;
}

interface RunOptions extends DeployOptions {
  readonly input?: Json;
  /** Of Redis; absent: the composition is told of none. */
  readonly uri?: string | undefined;
}

async function run(
  source: string,
  { input = {}, uri, ...options }: RunOptions,
): Promise<{ status: number; record: ActivationRecord }> {
  await deploy(brisk(), { name: "composed", source }, options);
  const body = uri === undefined ? input : { ...input, $composer: { redis: { uri } } };
  const { status, json, text } = await invoke(brisk(), "composed", { body });
  const { activationId } = json as ActivationRecord;
  assert.ok(activationId, text);
  return { status, record: await readActivation(brisk(), activationId) };
}
