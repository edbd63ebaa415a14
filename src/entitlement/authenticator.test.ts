// The authenticator over the real store of subjects.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EntityName } from "../entities/names.ts";
import type { Identity, Subject, SubjectNamespace } from "../entities/subject.ts";
import { createSecret } from "../kernel/ids.ts";
import type { SubjectStore } from "../stores/port.ts";
import { openSubjects } from "../stores/sqlite/subjects.ts";
import { type Authenticator, createAuthenticator } from "./authenticator.ts";

interface Opened extends AsyncDisposable {
  readonly subjects: SubjectStore;
  readonly authenticator: Authenticator;
  authenticate(header: string | undefined): Promise<Identity>;
}

async function open(): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), "brisk-authenticator-"));
  const subjects = openSubjects(directory);
  const authenticator = createAuthenticator(subjects);
  return {
    subjects,
    authenticator,
    authenticate: async (header) => authenticator.authenticate(header),
    [Symbol.asyncDispose]: async () => {
      await subjects[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

function createNamespace(name: string): SubjectNamespace {
  return { name: name as EntityName, uuid: randomUUID(), key: createSecret(64) };
}

function createSubject(name: string, own = createNamespace(name)): Subject {
  return { subject: name, namespaces: [own] };
}

function headerOf({ uuid, key }: Pick<SubjectNamespace, "uuid" | "key">): string {
  return `Basic ${Buffer.from(`${uuid}:${key}`).toString("base64")}`;
}

const INVALID = { status: 401, code: "authentication-invalid" };

test("a key stands for its subject, its namespace and that namespace's limits", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  await opened.subjects.put(createSubject("someone", own));
  await opened.subjects.putLimits("space", { invocationsPerMinute: 5 });
  assert.deepEqual(await opened.authenticate(headerOf(own)), {
    subject: "someone",
    namespace: { name: "space", uuid: own.uuid },
    apiKey: `${own.uuid}:${own.key}`,
    limits: { invocationsPerMinute: 5 },
  });
});

test("a key that was seen is answered without looking it up", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  await opened.subjects.put(createSubject("someone", own));
  assert.ok(opened.authenticator.authenticate(headerOf(own)) instanceof Promise);
  await opened.authenticate(headerOf(own));
  const again = opened.authenticator.authenticate(headerOf(own));
  assert.ok(!(again instanceof Promise));
  assert.equal(again.subject, "someone");
});

test("a key that is spelt at length is taken, and not remembered", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  await opened.subjects.put(createSubject("someone", own));
  const header = `${headerOf(own)}${"!".repeat(10_000)}`;
  assert.equal((await opened.authenticate(header)).subject, "someone");
  const again = opened.authenticator.authenticate(header);
  assert.ok(again instanceof Promise);
  assert.equal((await again).subject, "someone");
});

test("a change of anything is seen by the next request", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  const subject = createSubject("someone", own);
  await opened.subjects.put(subject);
  await opened.authenticate(headerOf(own));
  await opened.subjects.putLimits("space", { firesPerMinute: 1 });
  assert.deepEqual((await opened.authenticate(headerOf(own))).limits, { firesPerMinute: 1 });
  await opened.subjects.put({ ...subject, blocked: true });
  await assert.rejects(opened.authenticate(headerOf(own)), INVALID);
  await opened.subjects.put(subject);
  await opened.authenticate(headerOf(own));
  await opened.subjects.delete("someone");
  await assert.rejects(opened.authenticate(headerOf(own)), INVALID);
});

test("a change while a key is looked up is not missed", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  await opened.subjects.put(createSubject("someone", own));
  const looking = opened.authenticate(headerOf(own));
  await opened.subjects.delete("someone");
  await looking;
  await assert.rejects(opened.authenticate(headerOf(own)), INVALID);
});

test("two subjects that share a uuid are told apart by their keys", async () => {
  await using opened = await open();
  const first = createNamespace("first");
  const second = { ...createNamespace("second"), uuid: first.uuid };
  await opened.subjects.put(createSubject("first", first));
  await opened.subjects.put(createSubject("second", second));
  for (const own of [first, second, first, second]) {
    assert.equal((await opened.authenticate(headerOf(own))).subject, own.name);
  }
});

test("one key of two subjects is nobody's", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  await opened.subjects.put(createSubject("first", own));
  await opened.subjects.put(createSubject("second", own));
  await assert.rejects(opened.authenticate(headerOf(own)), { code: "server-fault" });
});

test("every other key is invalid, also beside one that was seen", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  await opened.subjects.put(createSubject("someone", own));
  await opened.authenticate(headerOf(own));
  const wrong = [
    { ...own, key: createSecret(64) },
    { ...own, key: `${own.key.slice(0, -1)}!` },
    { ...own, key: `${own.key}x` },
    { ...own, key: "" },
    { ...own, uuid: randomUUID() },
    { ...own, uuid: "" },
  ];
  for (const pair of wrong) await assert.rejects(opened.authenticate(headerOf(pair)), INVALID);
});

test("a namespace's owner is found by its name, until anything changes", async () => {
  await using opened = await open();
  const own = createNamespace("space");
  const subject = createSubject("someone", own);
  const { authenticator, subjects } = opened;
  assert.equal(await authenticator.findOwner("space"), undefined);
  await subjects.put(subject);
  const owner = await authenticator.findOwner("space");
  assert.deepEqual(owner, await opened.authenticate(headerOf(own)));
  assert.equal(await authenticator.findOwner("space"), owner, "remembered");
  await subjects.put({ ...subject, blocked: true });
  assert.equal(await authenticator.findOwner("space"), undefined);
  await subjects.put(subject);
  assert.equal((await authenticator.findOwner("space"))?.subject, "someone");
  await subjects.delete("someone");
  assert.equal(await authenticator.findOwner("space"), undefined);
});

test("of several who hold a namespace, the first that is not blocked owns it", async () => {
  await using opened = await open();
  await opened.subjects.put(createSubject("second", createNamespace("space")));
  await opened.subjects.put(createSubject("third", createNamespace("space")));
  await opened.subjects.put({ ...createSubject("first", createNamespace("space")), blocked: true });
  assert.equal((await opened.authenticator.findOwner("space"))?.subject, "second");
});

test("a change while an owner is looked up is not missed", async () => {
  await using opened = await open();
  await opened.subjects.put(createSubject("someone", createNamespace("space")));
  const looking = opened.authenticator.findOwner("space");
  await opened.subjects.delete("someone");
  await looking;
  assert.equal(await opened.authenticator.findOwner("space"), undefined);
});

test("no header, another scheme and no scheme are missing credentials", async () => {
  await using opened = await open();
  for (const header of [undefined, "", "Bearer x", "Basic", "x"]) {
    await assert.rejects(opened.authenticate(header), { code: "authentication-missing" });
  }
});
