// Actions as a namespace's owner sees them: found, put, deleted, listed. Knows the rules between
// entities (one name for one thing, packages that must be there), not HTTP.

import { type Action, isSequence, type SequenceAction } from "../entities/action.ts";
import { type ActionRequest, isSequenceRequest, updateAction } from "../entities/action-update.ts";
import { toComponentName } from "../entities/components.ts";
import { resolveLimits } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import {
  type DocumentId,
  type EntityPath,
  idOf,
  type QualifiedName,
  toDocumentId,
  toPath,
} from "../entities/names.ts";
import type { RuntimeManifest } from "../entities/runtime-manifest.ts";
import type { Identity } from "../entities/subject.ts";
import { refuseForeign } from "../entitlement/rights.ts";
import type { Clock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import { MB } from "../kernel/units.ts";
import type { EntityStore, PageOptions, StoredEntity } from "../stores/port.ts";
import { Collection } from "./collection.ts";
import { checkSequence } from "./sequence-check.ts";

export interface ActionRegistryOptions {
  readonly entities: EntityStore;
  readonly manifest: RuntimeManifest;
  readonly limits: SystemLimits;
  readonly clock: Clock;
}

export interface PutAction {
  readonly name: QualifiedName;
  readonly request: ActionRequest;
  readonly overwrite: boolean;
  readonly identity: Identity;
}

export interface ActionRegistry {
  /** Without code; from memory where it was found before. Rejects with `resource-missing`, `other-type`. */
  find(name: QualifiedName): Promise<StoredEntity<Action>>;
  /** With code, as stored. */
  read(name: QualifiedName): Promise<StoredEntity<Action>>;
  /** Rejects with `already-exists`, `conflict`, `other-type`, `resource-missing`, and what the update says. */
  put(put: PutAction): Promise<Action>;
  /** Rejects with `not-authorized` naming all that may not be used, or `resource-missing` for a package. */
  checkComponents(components: readonly string[], identity: Identity): Promise<void>;
  /** The deleted action, with code. */
  delete(name: QualifiedName): Promise<Action>;
  list(path: EntityPath, page: PageOptions): Promise<readonly Action[]>;
  count(path: EntityPath): Promise<number>;
  /** Rejects with `resource-missing`, or `other-type` where it is something else. */
  checkPackage(name: QualifiedName): Promise<void>;
}

/** Characters of remembered actions, without their code: some 10,000 of common ones. */
const REMEMBERED_CHARACTERS_MAX = 32 * MB;

export function createActionRegistry(options: ActionRegistryOptions): ActionRegistry {
  return new Actions(options);
}

class Actions implements ActionRegistry {
  readonly #options: ActionRegistryOptions;
  readonly #actions: Collection<Action>;
  readonly #remembered = new Map<DocumentId, StoredEntity<Action>>();
  /** Of everything remembered since it was last cleared, also of what was forgotten since. */
  #characters = 0;
  /** Counts what forgets: an answer from before it is not remembered. */
  #generation = 0;

  constructor(options: ActionRegistryOptions) {
    this.#options = options;
    this.#actions = new Collection(options.entities, "action");
  }

  async find(name: QualifiedName): Promise<StoredEntity<Action>> {
    const id = toDocumentId(name);
    const remembered = this.#remembered.get(id);
    if (remembered !== undefined) return remembered;
    const before = this.#generation;
    const found = await this.#get(name, false);
    if (before === this.#generation) this.#remember(id, found);
    return found;
  }

  #remember(id: DocumentId, found: StoredEntity<Action>): void {
    this.#characters += JSON.stringify(found).length;
    if (this.#characters > REMEMBERED_CHARACTERS_MAX) {
      this.#remembered.clear();
      this.#characters = 0;
      return;
    }
    this.#remembered.set(id, found);
  }

  read(name: QualifiedName): Promise<StoredEntity<Action>> {
    return this.#get(name, true);
  }

  async #get(name: QualifiedName, code: boolean): Promise<StoredEntity<Action>> {
    await this.#checkPackageOf(name);
    return this.#actions.get(toDocumentId(name), { code });
  }

  async #checkPackageOf({ namespace, package: packageName }: QualifiedName): Promise<void> {
    if (packageName === undefined) return;
    const found = await this.#options.entities.get(toDocumentId({ namespace, name: packageName }));
    if (found?.type !== "package") throw failure("resource-missing");
  }

  async checkPackage(name: QualifiedName): Promise<void> {
    const id = toDocumentId(name);
    const found = await this.#options.entities.get(id);
    if (found === undefined) throw failure("package-missing", { name: id });
    if (found.type !== "package") throw failure("other-type");
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
      if (exec !== undefined && isSequence(action)) await this.#checkSequence(action);
      return action;
    };
    return this.#change(id, () => this.#actions.put({ id, overwrite, update }));
  }

  #checkSequence(sequence: SequenceAction): Promise<void> {
    return checkSequence({
      id: idOf(sequence),
      components: sequence.exec.components,
      lengthMax: this.#options.limits.sequenceLengthMax,
      find: async (component) => (await this.find(component)).document,
    });
  }

  async checkComponents(components: readonly string[], identity: Identity): Promise<void> {
    const names = [...new Set(components)].map(toComponentName);
    refuseForeign(names, identity);
    const packages = new Map(names.map((name) => [toPath(name), name]));
    for (const name of packages.values()) await this.#checkPackageOf(name);
  }

  async delete(name: QualifiedName): Promise<Action> {
    const found = await this.#get(name, true);
    const id = toDocumentId(name);
    await this.#change(id, () => this.#actions.delete(id, found));
    return found.document;
  }

  /** Forgets what is remembered also where the write fails: it may have been done all the same. */
  async #change<T>(id: DocumentId, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } finally {
      this.#generation++;
      this.#remembered.delete(id);
    }
  }

  list(path: EntityPath, page: PageOptions): Promise<readonly Action[]> {
    return this.#actions.list(path, page);
  }

  count(path: EntityPath): Promise<number> {
    return this.#actions.count(path);
  }
}
