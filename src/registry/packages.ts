// Packages and bindings: read by whoever may, put, deleted and listed by their owner; and what of a
// namespace is shared. Knows the rules between packages and what is in them, not HTTP.

import type { Action, KeyValue } from "../entities/action.ts";
import { mergeKeyValues } from "../entities/key-values.ts";
import {
  type EntityPath,
  idOf,
  type QualifiedName,
  toDocumentId,
  toPackagePath,
} from "../entities/names.ts";
import { type Binding, bindingOf, type Package } from "../entities/package.ts";
import { type PackageRequest, updatePackage } from "../entities/package-update.ts";
import type { Identity } from "../entities/subject.ts";
import { isOwn, mayUsePackage } from "../entitlement/rights.ts";
import type { Clock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import type { EntityFilter, EntityStore, PageOptions, StoredEntity } from "../stores/port.ts";
import { AnswerRoom } from "./answer-room.ts";
import { Collection } from "./collection.ts";
import { listDeletions } from "./kept-versions.ts";
import { inheritParameters, type LocatedPackage, locatePackage } from "./package-lookup.ts";
import type { RememberedActions } from "./remembered-actions.ts";

export interface PackageRegistryOptions {
  readonly entities: EntityStore;
  readonly clock: Clock;
  /** Shared with the registry of actions: they are made of packages. */
  readonly remembered: RememberedActions;
}

export interface PutPackage {
  readonly name: QualifiedName;
  readonly request: PackageRequest;
  readonly overwrite: boolean;
  readonly identity: Identity;
}

/** What a package says of an action in it. */
export type PackagedAction = Pick<Action, "name" | "version" | "annotations">;

/** A package as it is read: through a binding with what its provider has. */
export interface PackageContents extends Package {
  readonly actions: readonly PackagedAction[];
  /** Those of its actions that are feeds. */
  readonly feeds: readonly PackagedAction[];
}

export interface PackageRegistry {
  /** Rejects with `package-missing`, `resource-missing`, `other-type`, `not-authorized`, `too-large`. */
  get(name: QualifiedName, identity: Identity): Promise<PackageContents>;
  /**
   * The stored document. Rejects with `already-exists`, `conflict`, `other-type`, `not-authorized`,
   * what the update says, and `binding-…` for what cannot be bound to.
   */
  put(put: PutPackage): Promise<Package>;
  /** The deleted document. Rejects with `package-not-empty` unless forced, which empties it first. */
  delete(name: QualifiedName, options: { readonly force: boolean }): Promise<Package>;
  list(path: EntityPath, page: PageOptions & EntityFilter): Promise<Iterable<Package>>;
  count(path: EntityPath, filter: EntityFilter): Promise<number>;
}

export function createPackageRegistry(options: PackageRegistryOptions): PackageRegistry {
  return new Packages(options);
}

/** Read at a time of what is in a package: also of the largest no more than a list may be. */
const CONTENTS_PAGE = 5;
const FEED = "feed";

class Packages implements PackageRegistry {
  readonly #options: PackageRegistryOptions;
  readonly #packages: Collection<Package>;

  constructor(options: PackageRegistryOptions) {
    this.#options = options;
    this.#packages = new Collection(options.entities, "package");
  }

  async get(name: QualifiedName, identity: Identity): Promise<PackageContents> {
    const located = await locatePackage(this.#options.entities, { name, identity });
    if (located === undefined) throw failure("package-missing", { name: toDocumentId(name) });
    const contents: PackagedAction[] = [];
    const room = new AnswerRoom("The package with its actions' annotations is");
    for await (const { document } of this.#contentsOf(located.provider)) {
      const { name, version, annotations } = document;
      const shown = { name, version, annotations };
      room.take(shown);
      contents.push(shown);
    }
    const isFeed = ({ annotations }: PackagedAction) => annotations.some(({ key }) => key === FEED);
    return {
      ...located.named.document,
      parameters: inheritParameters(located),
      annotations: inheritAnnotations(located),
      actions: contents.filter((each) => !isFeed(each)),
      feeds: contents.filter(isFeed),
    };
  }

  async *#contentsOf({ document }: StoredEntity<Package>): AsyncGenerator<StoredEntity<Action>> {
    const path = toPackagePath(document);
    for (let skip = 0; ; skip += CONTENTS_PAGE) {
      const page = { skip, limit: CONTENTS_PAGE };
      const found = await this.#options.entities.list("action", path, page);
      yield* found as readonly StoredEntity<Action>[];
      if (found.length < CONTENTS_PAGE) return;
    }
  }

  async put({ name, request, overwrite, identity }: PutPackage): Promise<Package> {
    const { clock, remembered } = this.#options;
    const target = request.binding && bindingOf({ binding: request.binding });
    const provider = target && (await this.#findTarget(target, identity));
    const id = toDocumentId(name);
    const update = (before: Package | undefined) => {
      const document = updatePackage({
        name,
        request,
        now: clock(),
        ...(before === undefined ? {} : { before }),
      });
      if (provider !== undefined && bindingOf(provider) !== undefined) {
        throw failure("binding-of-binding");
      }
      return document;
    };
    return remembered.changing([id], () => this.#packages.put({ id, overwrite, update }));
  }

  /** What is to be bound to, where the caller may use it. */
  async #findTarget(target: Binding, identity: Identity): Promise<Package> {
    const id = toDocumentId(target);
    const found = await this.#options.entities.get(id);
    if (found?.type === "package") {
      const document = found.document as Package;
      if (mayUsePackage(identity, target.namespace, document)) return document;
    }
    if (!isOwn(identity, target.namespace)) throw failure("not-authorized", { resource: id });
    throw failure(found === undefined ? "binding-target-missing" : "binding-target-type");
  }

  async delete(name: QualifiedName, { force }: { readonly force: boolean }): Promise<Package> {
    const id = toDocumentId(name);
    const found = await this.#packages.get(id);
    if (bindingOf(found.document) === undefined) await this.#empty(found, force);
    await this.#options.remembered.changing([id], () => this.#packages.delete(id, found));
    return found.document;
  }

  /** What is added meanwhile stays: the package then cannot be deleted. */
  async #empty({ document }: StoredEntity<Package>, force: boolean): Promise<void> {
    const { entities, remembered } = this.#options;
    const path = toPackagePath(document);
    const count = await entities.count("action", path);
    if (count > 0 && !force) throw failure("package-not-empty", { count });
    for (let left = count; left > 0; left -= CONTENTS_PAGE) {
      const page = { skip: 0, limit: Math.min(left, CONTENTS_PAGE) };
      for (const { document, revision } of await entities.list("action", path, page)) {
        const id = idOf(document);
        await remembered.changing([id], async () =>
          entities.change(await listDeletions(entities, id, { revision })),
        );
      }
    }
  }

  list(path: EntityPath, page: PageOptions & EntityFilter): Promise<Iterable<Package>> {
    return this.#packages.list(path, page);
  }

  count(path: EntityPath, filter: EntityFilter): Promise<number> {
    return this.#packages.count(path, filter);
  }
}

/** A binding says what its provider says, unless it says otherwise; what it binds to is its own. */
function inheritAnnotations({ named, provider }: LocatedPackage): readonly KeyValue[] {
  if (named === provider) return named.document.annotations;
  return mergeKeyValues(provider.document.annotations, named.document.annotations);
}
