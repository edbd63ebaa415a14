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

interface Place {
  /** Decoded, below `/namespaces/NS`: `actions/package/name`. */
  readonly key: string;
  readonly path: string;
}

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

  get size(): number {
    return this.#stored.size;
  }

  /** Of a request that its sender may make: what it changed is looked at, and kept in mind. */
  async apply(method: string, path: string, answer: Answer): Promise<void> {
    if (answer.status !== 200 || (method !== "PUT" && method !== "DELETE")) return;
    const place = this.#find(path);
    if (place === undefined) return;
    if (method === "PUT") await this.#put(place, answer.json as Json);
    else await this.#delete(place, answer.json as Json);
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
    assert.deepEqual(listed.sort(), expected.sort(), `the list of ${collection}`);
    const { json } = await this.#ask("GET", `${path}?count=true`);
    assert.deepEqual(json, { [collection]: expected.length });
  }
}

function describe({ namespace, name, version, updated }: Json): string {
  return `${namespace}/${name} ${version} ${updated}`;
}

/** Parameters are shown merged with those of what an entity is in or bound to. */
function comparable(document: Json): readonly string[] {
  const binding = document["binding"];
  const isBound = typeof binding === "object" && Object.keys(binding ?? {}).length > 0;
  const isInPackage = String(document["namespace"]).includes("/");
  const shown = isBound || isInPackage ? [...LINKED, "parameters"] : LINKED;
  return Object.keys(document).filter((member) => !shown.includes(member));
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
