// What must be stored in one namespace after all that was answered: the fuzz test's model of entities.
// It knows no kind of entity, only that what a PUT answered can be read there until it is deleted.

import assert from "node:assert/strict";
import type { Json } from "../api/fixture.ts";
import type { Answer } from "../harness.ts";
import type { Operation } from "./document.ts";

/** Sends as the namespace's owner; `path` is below `/api/v1`. */
export type Ask = (method: string, path: string) => Promise<Answer>;

/** What others' changes may change in what is shown of an entity: links, and what a package holds. */
const LINKED = ["rules", "status", "actions", "feeds"];
const PAGE = 200;

export interface Change {
  readonly method: string;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: Buffer;
}

interface Place {
  /** Decoded, below `/namespaces/NS`: `actions/package/name`. */
  readonly key: string;
  readonly path: string;
}

/** Of a binding: what it is bound to may be nobody else's, or nobody's, by now. */
const HIDDEN = [403, 404];

export class EntityModel {
  readonly #operations: readonly Operation[];
  readonly #namespace: string;
  readonly #ask: Ask;
  readonly #stored = new Map<string, { readonly path: string; readonly document: Json }>();

  constructor(operations: readonly Operation[], namespace: string, ask: Ask) {
    this.#operations = operations.filter(({ isEntity }) => isEntity);
    this.#namespace = namespace;
    this.#ask = ask;
  }

  /** Of a request that its sender may make: what it changed is looked at, and kept in mind. */
  async apply({ method, path, body }: Change, answer: Answer): Promise<void> {
    if (answer.status !== 200 || (method !== "PUT" && method !== "DELETE")) return;
    const place = this.#find(path);
    if (place === undefined) return;
    const document = answer.json as Json;
    if (method === "DELETE") await this.#delete(place, document);
    else {
      checkKept(JSON.parse(body?.toString() ?? ""), document);
      await this.#put(place, document);
    }
  }

  #find(path: string): Place | undefined {
    const [, first, , ...segments] = path.split("/");
    const isEntity = this.#operations.some((operation) => matches(operation.path, path));
    if (!isEntity || first !== "namespaces") return undefined;
    const key = segments.map(decodeURIComponent).join("/");
    return { key, path: `/namespaces/${this.#namespace}/${segments.join("/")}` };
  }

  async #put({ key, path }: Place, written: Json): Promise<void> {
    const { status, json, text } = await this.#ask("GET", path);
    if (isBound(written) && HIDDEN.includes(status)) {
      this.#stored.set(key, { path, document: written });
      return;
    }
    assert.equal(status, 200, `what was put can be read: ${text}`);
    const document = json as Json;
    for (const member of comparable(written)) {
      assert.deepEqual(document[member], written[member], `${member} is read as it was put`);
    }
    this.#stored.set(key, { path, document });
  }

  async #delete({ key, path }: Place, deleted: Json): Promise<void> {
    const before = this.#stored.get(key);
    assert.ok(before, "only what was put can be deleted");
    assert.equal(deleted["version"], before.document["version"], "what was put last is deleted");
    const { status } = await this.#ask("GET", path);
    assert.equal(status, 404, "what was deleted is gone");
    this.#stored.delete(key);
    this.#forgetInside(key);
  }

  /** A package takes with it what is in it. */
  #forgetInside(key: string): void {
    const name = key.slice(key.indexOf("/"));
    for (const other of this.#stored.keys()) {
      if (other.slice(other.indexOf("/")).startsWith(`${name}/`)) this.#stored.delete(other);
    }
  }

  /** Everything that is there is there as it was put last, and nothing else is. */
  async check(): Promise<void> {
    for (const { path, document } of this.#stored.values()) {
      const { status, json, text } = await this.#ask("GET", path);
      if (isBound(document) && HIDDEN.includes(status)) continue;
      assert.equal(status, 200, `${path} is still there: ${text}`);
      const found = json as Json;
      for (const member of comparable(document)) {
        assert.deepEqual(found[member], document[member], `${path}: ${member} is as it was put`);
      }
    }
    const collections = this.#operations.map(({ collection }) => collection);
    for (const collection of new Set(collections)) await this.#checkList(collection);
  }

  async #checkList(collection: string): Promise<void> {
    const listed: string[] = [];
    const path = `/namespaces/${this.#namespace}/${collection}`;
    for (let skip = 0; ; skip += PAGE) {
      const { status, json, text } = await this.#ask("GET", `${path}?limit=${PAGE}&skip=${skip}`);
      assert.equal(status, 200, text);
      const page = json as readonly Json[];
      listed.push(...page.map(describe));
      if (page.length < PAGE) break;
    }
    const expected = [...this.#stored]
      .filter(([key]) => key.startsWith(`${collection}/`))
      .map(([, { document }]) => describe(document));
    assert.deepEqual(new Set(listed), new Set(expected), `the list of ${collection}`);
    assert.equal(listed.length, expected.length, `the list of ${collection} has nothing twice`);
    const { json } = await this.#ask("GET", `${path}?count=true`);
    assert.deepEqual(json, { [collection]: expected.length });
  }
}

/** What was asked for is what is answered; what is left out or null keeps what was there. */
function checkKept(asked: Json, written: Json): void {
  const exec = written["exec"] as Json | undefined;
  const askedExec = asked["exec"] as Json | null | undefined;
  assert.equal(written["publish"], asked["publish"] ?? written["publish"], "publish");
  // A sequence is not made of code, and has parameters of its own.
  if (exec?.["kind"] === "sequence") return;
  const code = askedExec?.["code"] ?? askedExec?.["jar"] ?? exec?.["code"];
  // Half of a surrogate pair is no character.
  assert.equal(exec?.["code"], typeof code === "string" ? code.toWellFormed() : code, "code");
  // A rule has none: what is sent as such is a field that nobody knows.
  if (written["parameters"] === undefined) return;
  const given = toMap(asked["parameters"] ?? written["parameters"]);
  assert.deepEqual(toMap(written["parameters"]), given, "parameters");
}

/** Of a key given twice the last one holds. */
function toMap(keyValues: unknown): ReadonlyMap<string, unknown> {
  const entries = (keyValues ?? []) as readonly { readonly key: string; readonly value: unknown }[];
  return new Map(entries.map(({ key, value }) => [key, value]));
}

function describe({ namespace, name, version, updated }: Json): string {
  return `${namespace}/${name} ${version} ${updated}`;
}

/** What is shown merged with what it is in or bound to says nothing of what was put. */
function comparable(document: Json): readonly string[] {
  const isInPackage = String(document["namespace"]).includes("/");
  const inherited = isBound(document)
    ? ["parameters", "annotations"]
    : isInPackage
      ? ["parameters"]
      : [];
  const left = [...LINKED, ...inherited];
  return Object.keys(document).filter((member) => !left.includes(member));
}

function matches(template: string, path: string): boolean {
  const pattern = template.split("/");
  const segments = path.split("/");
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, index) => {
    const segment = segments[index] ?? "";
    return part.startsWith("{") ? segment !== "" : segment === part;
  });
}

function isBound({ binding }: Json): boolean {
  return typeof binding === "object" && Object.keys(binding ?? {}).length > 0;
}
