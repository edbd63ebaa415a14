// Actions: found by whoever may have them, with what they inherit; put, deleted and listed by their
// owner. Knows the rules between entities (one name for one thing, packages and bindings), not HTTP.

import { type Action, isSequence, type SequenceAction } from "../entities/action.ts";
import {
  type ActionRequest,
  isOfAliases,
  isSequenceRequest,
  updateAction,
} from "../entities/action-update.ts";
import { ALIASES, chooseVersion, readAliases, STANDARD_ALIAS } from "../entities/aliases.ts";
import { resolveLimits } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import {
  type DocumentId,
  type EntityPath,
  idOf,
  type QualifiedName,
  toDocumentId,
  toPackagePath,
  toVersionId,
} from "../entities/names.ts";
import { bindingOf, type Package } from "../entities/package.ts";
import type { RuntimeManifest } from "../entities/runtime-manifest.ts";
import {
  fromStored,
  type StoredAction,
  toSameRuns,
  type VersionRules,
} from "../entities/stored-action.ts";
import type { Identity } from "../entities/subject.ts";
import { isOwn, toResource } from "../entitlement/rights.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, failure } from "../kernel/errors.ts";
import { FairTurns } from "../kernel/fair-turns.ts";
import type { EntityStore, PageOptions } from "../stores/port.ts";
import { type ActionSources, type Reading, resolveAction } from "./action-resolution.ts";
import { AnswerRoom } from "./answer-room.ts";
import { Collection, type CollectionPut } from "./collection.ts";
import { checkComponents } from "./component-check.ts";
import { KeptVersions, listDeletions } from "./kept-versions.ts";
import { locatePackage } from "./package-lookup.ts";
import type { FoundAction, RememberedActions, ResolvedAction } from "./remembered-actions.ts";
import { checkSequence } from "./sequence-check.ts";
import { isActionOf, toAliased, toAllowed } from "./version-rights.ts";

export interface ActionRegistryOptions {
  readonly entities: EntityStore;
  readonly manifest: RuntimeManifest;
  readonly limits: SystemLimits;
  readonly clock: Clock;
  /** From 0 to below 1, equally likely: shares an alias's runs out among its versions. */
  readonly random: () => number;
  /** Which earlier versions are kept. */
  readonly versions: VersionRules;
  /** Shared with whoever else writes what actions are made of. */
  readonly remembered: RememberedActions;
}

export interface PutAction {
  readonly name: QualifiedName;
  readonly request: ActionRequest;
  readonly overwrite: boolean;
  readonly identity: Identity;
}

/** What somebody asks for who does not want what runs by itself; at most one of both. */
export interface WantedVersion {
  readonly version?: string;
  readonly alias?: string;
}

export interface ActionRegistry {
  /**
   * Without code, with what it inherits; from memory where it was found before. The current version, or
   * the one that is asked for. Rejects with `resource-missing`, `other-type`, `not-authorized`,
   * `version-missing`.
   */
  find(name: QualifiedName, identity: Identity, version?: string): Promise<FoundAction>;
  /**
   * The version that runs: where none is wanted, the alias `default` chooses. Rejects as `find`, and with
   * `alias-missing`.
   */
  findToRun(name: QualifiedName, identity: Identity, wanted?: WantedVersion): Promise<FoundAction>;
  /**
   * The same, for whoever asks for it himself or by a rule: of a sequence the components must be his to use
   * too. Without a promise where it was found before. Throws or rejects also with `not-authorized` naming all that
   * are not, or `resource-missing` for a package.
   */
  findToInvoke(
    name: QualifiedName,
    identity: Identity,
    wanted?: WantedVersion,
  ): FoundAction | Promise<FoundAction>;
  /** As `find`, with code. */
  read(name: QualifiedName, identity: Identity, version?: string): Promise<FoundAction>;
  /**
   * Without code and the earlier ones' parameters; the current one first, then the latest. Rejects as
   * `find`, and with `too-large`.
   */
  listVersions(name: QualifiedName, identity: Identity): Promise<readonly Action[]>;
  /**
   * Rejects with `already-exists`, `conflict`, `other-type`, `resource-missing`, `binding-operation`,
   * and what the update says.
   */
  put(put: PutAction): Promise<Action>;
  /** The deleted action, with code, as it was stored. */
  delete(name: QualifiedName): Promise<Action>;
  list(path: EntityPath, page: PageOptions): Promise<Iterable<Action>>;
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
  readonly #actions: Collection<StoredAction>;
  readonly #packages: Collection<Package>;
  readonly #kept: KeptVersions;
  readonly #sources: ActionSources;
  /** What has the code in memory, which may be large: one at a time, and of each namespace in turn. */
  readonly #turns = new FairTurns();

  constructor(options: ActionRegistryOptions) {
    this.#options = options;
    this.#actions = new Collection(options.entities, "action");
    this.#packages = new Collection(options.entities, "package");
    this.#kept = new KeptVersions(options.entities, options.versions);
    this.#sources = { entities: options.entities, actions: this.#actions, kept: this.#kept };
  }

  async find(name: QualifiedName, identity: Identity, version?: string): Promise<FoundAction> {
    const reading = toReading(identity, version);
    const { found } = this.#recall(name, reading) ?? (await this.#load(name, reading));
    return toAllowed(found, identity);
  }

  /** What was found before, without a promise: a warm invocation waits for nothing here. */
  #recall(name: QualifiedName, { identity, version }: Reading): ResolvedAction | undefined {
    const resolved = this.#options.remembered.get(toKey(name, version));
    if (resolved === undefined || resolved.isShared || isOwn(identity, name.namespace)) {
      return resolved;
    }
    throw failure("not-authorized", { resource: toResource(name) });
  }

  /** What is read is checked as it is read. */
  #load(name: QualifiedName, reading: Reading): Promise<ResolvedAction> {
    const key = toKey(name, reading.version);
    return this.#options.remembered.load(key, () => resolveAction(this.#sources, name, reading));
  }

  findToInvoke(
    name: QualifiedName,
    identity: Identity,
    wanted: WantedVersion = {},
  ): FoundAction | Promise<FoundAction> {
    const isStandard = wanted.version === undefined && wanted.alias === undefined;
    const known = isStandard ? this.#recall(name, toReading(identity)) : undefined;
    const mayRun = known !== undefined && known.aliases.size === 0;
    if (mayRun && !isSequence(known.found.document)) return known.found;
    return this.#findToInvoke(name, identity, wanted);
  }

  async #findToInvoke(
    name: QualifiedName,
    identity: Identity,
    wanted: WantedVersion,
  ): Promise<FoundAction> {
    const found = await this.findToRun(name, identity, wanted);
    const { document } = found;
    if (isSequence(document)) {
      const { components } = document.exec;
      await checkComponents(this.#options.entities, { components, identity });
    }
    return found;
  }

  async findToRun(
    name: QualifiedName,
    identity: Identity,
    { version, alias }: WantedVersion = {},
  ): Promise<FoundAction> {
    if (version !== undefined) {
      return { ...(await this.find(name, identity, version)), pinned: true };
    }
    const reading = toReading(identity);
    const { found, aliases } = this.#recall(name, reading) ?? (await this.#load(name, reading));
    const weighted = aliases.get(alias ?? STANDARD_ALIAS);
    if (weighted === undefined) {
      if (alias === undefined) return found;
      throw failure("alias-missing", { alias });
    }
    const chosen = chooseVersion(weighted, this.#options.random());
    const named = { alias: alias ?? STANDARD_ALIAS };
    try {
      return { ...(await this.find(name, identity, chosen)), ...named, pinned: true };
    } catch (cause) {
      // It was dropped, and the alias changed before, since the action was read: nobody who follows
      // the alias is to notice.
      if (!(cause instanceof BriskError) || cause.code !== "version-missing") throw cause;
      return { ...found, ...named };
    }
  }

  async read(name: QualifiedName, identity: Identity, version?: string): Promise<FoundAction> {
    const reading = { ...toReading(identity, version), code: true };
    const resolving = () => resolveAction(this.#sources, name, reading);
    const { found } = await this.#turns.take(identity.namespace.name, resolving);
    return toAllowed(found, identity);
  }

  async listVersions(name: QualifiedName, identity: Identity): Promise<readonly Action[]> {
    const { document } = await this.find(name, identity);
    const id = idOf(document);
    const room = new AnswerRoom("The action's versions, of which each can be had alone, are");
    const versions: Action[] = [document];
    const isShown = isActionOf(identity, document) ? () => true : toAliased(document);
    for (const { version } of (await this.#kept.list(id)).filter(isShown)) {
      // It may have been dropped meanwhile.
      const kept = await this.#kept.get(id, version);
      if (kept === undefined) continue;
      // What they are answered without is not to stay in memory.
      const { parameters: _, ...shown } = kept.document;
      room.take(shown);
      versions.push({ ...shown, parameters: [] });
    }
    return versions;
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
      const { components = [] } = exec;
      // Too many are refused below, without having been looked up one by one.
      if (components.length <= limits.sequenceLengthMax) {
        await checkComponents(this.#options.entities, { components, identity });
      }
    }
    const update = async (before: Action | undefined) => {
      const given = { name, request, now: clock(), ...(before === undefined ? {} : { before }) };
      const action = updateAction(given, rules);
      // What was stored is not checked again.
      if (exec !== undefined && isSequence(action)) await this.#checkSequence(action, identity);
      if (request.annotations?.some(({ key }) => key === ALIASES)) {
        const own = [action.version, ...(before === undefined ? [] : [before.version])];
        await this.#kept.checkAliases(id, readAliases(action.annotations), own);
      }
      return action;
    };
    const changes: CollectionPut<StoredAction>["changes"] = (put, stored) => {
      const isSame = stored !== undefined && isOfAliases(request);
      const document = isSame ? toSameRuns(put.document as Action, stored) : put.document;
      return this.#kept.toChanges({ ...put, document }, stored);
    };
    return this.#options.remembered.changing([id], () =>
      this.#turns.take(name.namespace, () => this.#actions.put({ id, overwrite, update, changes })),
    );
  }

  #checkSequence(sequence: SequenceAction, identity: Identity): Promise<void> {
    return checkSequence({
      id: idOf(sequence),
      components: sequence.exec.components,
      lengthMax: this.#options.limits.sequenceLengthMax,
      resolve: (component) => this.#toStoredId(component, identity),
      find: async (component) => (await this.find(component, identity)).document,
    });
  }

  async #toStoredId(name: QualifiedName, identity: Identity): Promise<DocumentId> {
    const { namespace, package: packageName } = name;
    if (packageName === undefined) return toDocumentId(name);
    const path = await this.locate({ namespace, name: packageName }, identity);
    return `${path}/${name.name}` as DocumentId;
  }

  async delete(name: QualifiedName): Promise<Action> {
    await this.#checkPackageOf(name);
    const id = toDocumentId(name);
    const { entities, remembered } = this.#options;
    return this.#turns.take(name.namespace, async () => {
      const found = await this.#actions.get(id, { code: true });
      await remembered.changing([id], async () =>
        entities.change(await listDeletions(entities, id, found)),
      );
      return fromStored(found).document;
    });
  }

  list(path: EntityPath, page: PageOptions): Promise<Iterable<Action>> {
    return this.#actions.list(path, page);
  }

  count(path: EntityPath): Promise<number> {
    return this.#actions.count(path);
  }
}

/** What it is remembered by. */
function toKey(name: QualifiedName, version: string | undefined): DocumentId {
  const id = toDocumentId(name);
  return version === undefined ? id : toVersionId(id, version);
}

function toReading(identity: Identity, version?: string): Reading {
  return { identity, code: false, ...(version === undefined ? {} : { version }) };
}
