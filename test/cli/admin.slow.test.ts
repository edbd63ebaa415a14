// `brisk admin` on a data directory without a platform: texts and exit codes of `wskadmin`.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createDirectory, type Ended, runCommand } from "./command.ts";

type Admin = (typed: string, ...further: readonly string[]) => Promise<Ended>;

function openAdmin(data: string): Admin {
  return (typed, ...further) =>
    runCommand(["admin", ...typed.split(" "), ...further], { env: { BRISK_DATA: data } });
}

const UUID = "23bc46b1-71f6-4ed5-8c54-816aa4f8c502";
const KEY = "123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP";
const MISSING = '{"error":"not_found","reason":"missing"}';

test("what is created can be got, and belongs to whom it says", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  const created = await admin("user create alice");
  assert.match(
    created.stdout,
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}:[A-Za-z0-9]{64}\n$/,
  );
  assert.deepEqual(await admin("user get alice"), created);
  const key = created.stdout.trim();
  assert.equal((await admin("user whois", key)).stdout, "subject: alice\nnamespace: alice\n");
  assert.equal((await admin("user list alice")).stdout, `${key}\talice\n`);
  assert.equal((await admin("user list alice --key")).stdout, `${key}\n`);
  assert.equal(statSync(join(data.path, "subjects.db")).mode & 0o777, 0o600);
});

test("a given key is kept, a second namespace is a second key", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  assert.equal((await admin(`user create alice -u ${UUID}:${KEY}`)).stdout, `${UUID}:${KEY}\n`);
  const team = await admin("user create alice -ns team");
  assert.equal(team.code, 0);
  assert.equal((await admin("user get alice -ns team")).stdout, team.stdout);
  assert.equal(
    (await admin("user get alice --all")).stdout,
    `alice\t${UUID}:${KEY}\nteam\t${team.stdout}`,
  );
  const silent = await admin("user create bobby -ns team --silent");
  assert.deepEqual(silent, { code: 0, stdout: "", stderr: "" });
  assert.equal((await admin("user list team")).stdout.split("\n").length, 2);
  assert.equal((await admin("user list team --all")).stdout.split("\n").length, 3);

  assert.equal((await admin("user delete alice -ns team")).stdout, "Namespace deleted\n");
  assert.equal((await admin("user delete alice")).stdout, "Subject deleted\n");
});

test("revoke makes a new key, genonly keeps nothing", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  const first = await admin("user create alice");
  const second = await admin("user create alice --revoke");
  assert.notEqual(second.stdout, first.stdout);
  const [uuid] = first.stdout.split(":");
  assert.equal(second.stdout.split(":")[0], uuid, "a revoked key keeps its id");
  assert.equal((await admin("user get alice")).stdout, second.stdout);
  assert.equal((await admin("user create other --genonly")).code, 0);
  assert.equal((await admin("user get other")).code, 1);
});

test("revoke replaces the key of one namespace, and makes one that is not there", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  const alice = await admin("user create alice");
  const team = await admin("user create alice -ns team");
  const rotated = await admin("user create alice -ns team --revoke");
  assert.equal((await admin("user get alice")).stdout, alice.stdout);
  assert.equal((await admin("user get alice -ns team")).stdout, rotated.stdout);
  assert.equal(
    (await admin("user whois", team.stdout.trim())).stdout,
    "Subject id is not recognized\n",
  );
  const given = await admin(`user create alice -ns team --revoke -u ${UUID}:${KEY}`);
  assert.equal(given.stdout, `${UUID}:${KEY}\n`);
  const forced = await admin("user create alice -ns team --force");
  assert.notEqual(forced.stdout.split(":")[0], UUID, "force takes a pair as a whole");
  const more = await admin("user create alice -ns more --revoke");
  assert.equal(
    (await admin("user get alice --all")).stdout,
    `alice\t${alice.stdout}team\t${forced.stdout}more\t${more.stdout}`,
  );
});

test("refusals have wskadmin's words and exit codes", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  await admin(`user create alice -u ${UUID}:${KEY}`);
  const refused: readonly (readonly [string, number, string])[] = [
    ["user create joe", 2, "Subject name must be at least 5 characters"],
    ["user create alice -u nonsense:key", 2, "authorization id is not a valid UUID"],
    [
      `user create alice -u ${UUID}:short`,
      2,
      "authorization key must be at least 64 characters long",
    ],
    ["user create alice", 1, "Namespace already exists"],
    ["user get nobody", 1, `Failed to get subject (${MISSING})`],
    ["user get alice -ns team", 1, 'namespace "team" not found for "alice"'],
    ["user delete nobody", 1, `Failed to delete subject (${MISSING})`],
    ["user delete alice -ns team", 1, 'Namespace "team" does not exist for "alice"'],
    ["user list nobody", 0, 'no identities found for namespace "nobody"'],
    ["user list alice --pick 0", 2, "pick at least 1 identity to show"],
    ["user whois a:b", 0, "Subject id is not recognized"],
    ["user block nobody", 1, `Failed to block "nobody" (${MISSING})`],
    ["limits get alice", 0, "No limits found, default system limits apply"],
    ["limits delete alice", 1, `Failed to delete limits (${MISSING})`],
  ];
  for (const [typed, code, text] of refused) {
    assert.deepEqual(await admin(typed), { code, stdout: `${text}\n`, stderr: "" }, typed);
  }
  const blank = await admin("user delete", " ");
  assert.deepEqual([blank.code, blank.stdout], [2, "Subject must not be empty\n"]);
  const noColon = await admin("user create alice -u nonsense");
  assert.equal(noColon.code, 2);
  assert.match(noColon.stdout, /^failed to determine authorization id and key: /);
});

test("blocked users cannot be edited or found, and blank names are skipped", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  const key = (await admin("user create alice")).stdout.trim();
  await admin("user create bobby");
  const blocked = await admin("user block alice bobby", "", " ");
  assert.equal(blocked.stdout, '"alice" blocked successfully\n"bobby" blocked successfully\n');
  assert.equal(blocked.code, 0);
  assert.equal(
    (await admin("user create alice -ns more")).stdout,
    "The subject you want to edit is blocked\n",
  );
  assert.equal((await admin("user whois", key)).stdout, "Subject id is not recognized\n");
  assert.equal(
    (await admin("user list alice")).stdout,
    'no identities found for namespace "alice"\n',
  );
  const some = await admin("user unblock alice nobody");
  assert.equal(some.code, 1);
  assert.equal(
    some.stdout,
    `"alice" unblocked successfully\nFailed to unblock "nobody" (${MISSING})\n`,
  );
});

test("limits are merged, shown in their fixed order, and deleted", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  const set = await admin("limits set team --concurrentInvocations 3 --invocationsPerMinute 1");
  assert.equal(set.stdout, 'Limits successfully set for "team"\n');
  assert.equal(set.stderr, "Nobody holds this namespace yet\n");
  await admin("user create alice -ns team");
  const more = await admin(
    "limits set team --firesPerMinute 2 --storeActivations no --maxActionMemory 512",
  );
  assert.equal(more.stderr, "");
  await admin("limits set team --allowedKinds nodejs:24 blackbox --maxPayloadSize", "2 MB");
  assert.equal(
    (await admin("limits get team")).stdout,
    [
      "invocationsPerMinute = 1",
      "firesPerMinute = 2",
      "concurrentInvocations = 3",
      "allowedKinds = ['nodejs:24', 'blackbox']",
      "storeActivations = False",
      "maxActionMemory = 512",
      "maxPayloadSize = 2 MB",
      "",
    ].join("\n"),
  );
  assert.equal((await admin("limits delete team")).stdout, "Limits deleted\n");
  assert.equal(
    (await admin("limits get team")).stdout,
    "No limits found, default system limits apply\n",
  );
});

test("a data directory that is not there is a slip, and is not made", async () => {
  using data = createDirectory();
  const { code, stderr } = await runCommand([
    "admin",
    "user",
    "get",
    "alice",
    "--data",
    join(data.path, "x"),
  ]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: There is no platform in .+--data\n$/);
});

test("of commands at a time none undoes another's work", async () => {
  using data = createDirectory();
  const admin = openAdmin(data.path);
  await admin("user create alice");
  const limits = ["invocationsPerMinute", "firesPerMinute", "concurrentInvocations"];
  const ended = await Promise.all([
    ...["a", "b", "c", "d", "e", "f"].map((name) => admin(`user create alice -ns ${name}`)),
    ...limits.map((name) => admin(`limits set alice --${name} 7`)),
  ]);
  assert.deepEqual(new Set(ended.map(({ code }) => code)), new Set([0]));
  const keys = (await admin("user get alice --all")).stdout;
  for (const { stdout } of ended.slice(0, 6)) assert.ok(keys.includes(stdout.trim()), keys);
  const shown = (await admin("limits get alice")).stdout;
  assert.equal(shown, limits.map((name) => `${name} = 7\n`).join(""));
});
