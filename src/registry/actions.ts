// Actions: found by whoever may have them, with what they inherit; put, deleted and listed by their
// owner. Knows the rules between entities (one name for one thing, packages and bindings), not HTTP.

import { type Action, isSequence, type SequenceAction } from "../entities/action.ts";
import { type ActionRequest, isSequenceRequest, updateAction } from "../entities/action-update.ts";
import { toComponentName } from "../entities/components.ts";
import { mergeKeyValues } from "../entities/key-values.ts";
import { resolveLimits } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import {
  type DocumentId,
  type EntityPath,
  idOf,
  type QualifiedName,
  toDocumentId,
  toPackagePath,
} from "../entities/names.ts";
import { bindingOf, isShared, type Package } from "../entities/package.ts";
import type { RuntimeManifest } from "../entities/runtime-manifest.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn, isOwn } from "../entitlement/rights.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, failure } from "../kernel/errors.ts";
import type { EntityStore, PageOptions, StoredEntity } from "../stores/port.ts";
import { Collection } from "./collection.ts";
import { inheritParameters, type LocatedPackage, locatePackage } from "./package-lookup.ts";
import type { FoundAction, RememberedActions, ResolvedAction } from "./remembered-actions.ts";
import { checkSequence } from "./sequence-check.ts";

export interface ActionRegistryOptions {
  readonly entities: EntityStore;
  readonly manifest: RuntimeManifest;
  readonly limits: SystemLimits;
  readonly clock: Clock;
  /** Shared with whoever else writes what actions are made of. */
  readonly remembered: RememberedActions;
}

export interface PutAction {
  readonly name: QualifiedName;
  readonly request: ActionRequest;
  readonly overwrite: boolean;
  readonly identity: Identity;
}

export interface ActionRegistry {
  /**
   * Without code, with what it inherits; from memory where it was found before. Rejects with
   * `resource-missing`, `other-type`, `not-authorized`.
   */
  find(name: QualifiedName, identity: Identity): Promise<FoundAction>;
  /** The same with code. */
  read(name: QualifiedName, identity: Identity): Promise<FoundAction>;
  /**
   * Rejects with `already-exists`, `conflict`, `other-type`, `resource-missing`, `binding-operation`,
   * and what the update says.
   */
  put(put: PutAction): Promise<Action>;
  /** Rejects with `not-authorized` naming all that may not be used, or `resource-missing` for a package. */
  checkComponents(components: readonly string[], identity: Identity): Promise<void>;
  /** The deleted action, with code, as it was stored. */
  delete(name: QualifiedName): Promise<Action>;
  list(path: EntityPath, page: PageOptions): Promise<readonly Action[]>;
  count(path: EntityPath): Promise<number>;
  /**
   * Where a package's actions are: in it, or in a binding's provider. Rejects with `package-missing`,
   * `resource-missing`, `other-type`, `not-authorized`.
   */
  locate(packageName: QualifiedName, identity: Identity): Promise<EntityPath>;
}

export function createActionRegistry(options: ActionRegistryOptions): ActionRegistry {
  return new Actions(options);
}

class Actions implements ActionRegistry {
  readonly #options: ActionRegistryOptions;
  readonly #actions: Collection<Action>;
  readonly #packages: Collection<Package>;

  constructor(options: ActionRegistryOptions) {
    this.#options = options;
    this.#actions = new Collection(options.entities, "action");
    this.#packages = new Collection(options.entities, "package");
  }

  async find(name: QualifiedName, identity: Identity): Promise<FoundAction> {
    const { remembered } = this.#options;
    const id = toDocumentId(name);
    const resolved =
      remembered.get(id) ??
      (await remembered.load(id, () => this.#resolve(name, { identity, code: false })));
    if (resolved.isShared || isOwn(identity, name.namespace)) return resolved.found;
    throw failure("not-authorized", { resource: toResource(name) });
  }

  async read(name: QualifiedName, identity: Identity): Promise<FoundAction> {
    return (await this.#resolve(name, { identity, code: true })).found;
  }

  async #resolve(name: QualifiedName, { identity, code }: Reading): Promise<ResolvedAction> {
    const { namespace, package: packageName } = name;
    if (packageName === undefined) {
      checkOwn(identity, { namespace, resource: name.name });
      const found = await this.#actions.get(toDocumentId(name), { code });
      return { found, isShared: false, madeOf: [toDocumentId(name)] };
    }
    const wanted = { name: { namespace, name: packageName }, identity };
    const located = await locatePackage(this.#options.entities, wanted);
    if (located === undefined) throw failure("resource-missing");
    const id = `${idOf(located.provider.document)}/${name.name}` as DocumentId;
    return inherit(await this.#actions.get(id, { code }), located);
  }

  async locate(name: QualifiedName, identity: Identity): Promise<EntityPath> {
    const located = await locatePackage(this.#options.entities, { name, identity });
    if (located === undefined) throw failure("package-missing", { name: toDocumentId(name) });
    return toPackagePath(located.provider.document);
  }

  /** What is put or deleted is in a package of one's own, not in one that a binding stands for. */
  async #checkPackageOf({ namespace, package: packageName }: QualifiedName): Promise<void> {
    if (packageName === undefined) return;
    const found = await this.#packages.get(toDocumentId({ namespace, name: packageName }));
    if (bindingOf(found.document) !== undefined) throw failure("binding-operation");
  }

  async put({ name, request, overwrite, identity }: PutAction): Promise<Action> {
    const { manifest, limits, clock } = this.#options;
    await this.#checkPackageOf(name);
    const rules = {
      manifest,
      limits: resolveLimits(limits, identity.limits),
      allowedKinds: identity.limits.allowedKinds ?? [],
    };
    const id = toDocumentId(name);
    const { exec } = request;
    if (exec !== undefined && isSequenceRequest(exec)) {
      await this.checkComponents(exec.components ?? [], identity);
    }
    const update = async (before: Action | undefined) => {
      const given = { name, request, now: clock(), ...(before === undefined ? {} : { before }) };
      const action = updateAction(given, rules);
      // What was stored is not checked again.
      if (exec !== undefined && isSequence(action)) await this.#checkSequence(action, identity);
      return action;
    };
    return this.#options.remembered.changing(id, () =>
      this.#actions.put({ id, overwrite, update }),
    );
  }

  #checkSequence(sequence: SequenceAction, identity: Identity): Promise<void> {
    return checkSequence({
      id: idOf(sequence),
      components: sequence.exec.components,
      lengthMax: this.#options.limits.sequenceLengthMax,
      find: async (component) => (await this.find(component, identity)).document,
    });
  }

  async checkComponents(components: readonly string[], identity: Identity): Promise<void> {
    const names = [...new Set(components)].map(toComponentName);
    const found = new Map<string, "missing" | "refused" | "there">();
    for (const name of names) {
      const resource = toResource(name);
      if (!found.has(resource)) found.set(resource, await this.#checkComponent(name, identity));
    }
    const refused = [...found].filter(([, is]) => is === "refused").map(([resource]) => resource);
    if (refused.length > 0) throw failure("not-authorized", { resource: refused.join(", ") });
    if ([...found.values()].includes("missing")) throw failure("resource-missing");
  }

  /** Whether a component's package is there and may be used; without one, whether it is one's own. */
  async #checkComponent({ namespace, package: packageName }: QualifiedName, identity: Identity) {
    if (packageName === undefined) return isOwn(identity, namespace) ? "there" : "refused";
    const wanted = { name: { namespace, name: packageName }, identity };
    try {
      const located = await locatePackage(this.#options.entities, wanted);
      return located === undefined ? "missing" : "there";
    } catch (cause) {
      if (cause instanceof BriskError && cause.code === "not-authorized") return "refused";
      throw cause;
    }
  }

  async delete(name: QualifiedName): Promise<Action> {
    await this.#checkPackageOf(name);
    const id = toDocumentId(name);
    const found = await this.#actions.get(id, { code: true });
    await this.#options.remembered.changing(id, () => this.#actions.delete(id, found));
    return found.document;
  }

  list(path: EntityPath, page: PageOptions): Promise<readonly Action[]> {
    return this.#actions.list(path, page);
  }

  count(path: EntityPath): Promise<number> {
    return this.#actions.count(path);
  }
}

interface Reading {
  readonly identity: Identity;
  readonly code: boolean;
}

/** Package, then binding, then action: later wins (rest-api specification, 5.4). */
function inherit(
  stored: StoredEntity<Action>,
  { named, provider }: LocatedPackage,
): ResolvedAction {
  const { document } = stored;
  const inherited = inheritParameters({ named, provider });
  const parameters = mergeKeyValues(inherited, document.parameters);
  const found = { ...stored, document: { ...document, parameters } };
  const packages = [...new Set([named, provider])].map((each) => idOf(each.document));
  return {
    found: named === provider ? found : { ...found, binding: idOf(named.document) },
    isShared: isShared(named.document),
    madeOf: [...packages, idOf(document)],
  };
}

/** What a refusal names: the package where there is one, else the action. */
function toResource({ namespace, package: packageName, name }: QualifiedName): string {
  return `${namespace}/${packageName ?? name}`;
}
