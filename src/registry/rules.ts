// Rules as a namespace's owner sees them. A rule is two documents' matter: its own, and the link in its
// trigger, which alone says whether it is active and what a firing runs. Both are written together.
//
// Each change names its documents in such an order that a beginning of it, which a store without
// transactions may leave after a crash, is a rule without a link: visible, and inactive. A link without
// a rule, which would run unseen, cannot come about.

import {
  type DocumentId,
  type EntityPath,
  idOf,
  type QualifiedName,
  toDocumentId,
} from "../entities/names.ts";
import { type EntityReference, fromReference, type Rule } from "../entities/rule.ts";
import { type RuleRequest, updateRule } from "../entities/rule-update.ts";
import type { Identity } from "../entities/subject.ts";
import {
  attachRule,
  detachRule,
  findStatus,
  type RuleLink,
  type RuleStatus,
  type Trigger,
} from "../entities/trigger.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, type ErrorCode, failure } from "../kernel/errors.ts";
import type { Turns } from "../kernel/turns.ts";
import type {
  EntityChange,
  EntityPut,
  EntityStore,
  PageOptions,
  StoredEntity,
} from "../stores/port.ts";
import { Collection } from "./collection.ts";
import type { Remembered } from "./remembered.ts";
import type { RememberedTrigger } from "./triggers.ts";

export interface RuleRegistryOptions {
  readonly entities: EntityStore;
  readonly actions: { find(name: QualifiedName, identity: Identity): Promise<unknown> };
  /** The same as the triggers'. */
  readonly remembered: Remembered<RememberedTrigger>;
  /** The same as the triggers', by namespace. */
  readonly turns: Turns;
  readonly clock: Clock;
}

export interface PutRule {
  readonly name: QualifiedName;
  readonly request: RuleRequest;
  readonly overwrite: boolean;
  readonly identity: Identity;
}

export interface RuleWithStatus {
  readonly rule: Rule;
  readonly status: RuleStatus;
}

export interface RuleRegistry {
  /** Rejects with `resource-missing`, `other-type`. */
  get(name: QualifiedName): Promise<RuleWithStatus>;
  /**
   * A new rule is active, another keeps its status. Rejects with `already-exists`, `conflict`,
   * `other-type`, `resource-missing` for an action's package, `not-authorized`, and `invalid` where
   * trigger or action is not there.
   */
  put(put: PutRule): Promise<RuleWithStatus>;
  /** Rejects with `resource-missing`, also for a trigger that would have to be linked, `conflict`. */
  setStatus(name: QualifiedName, status: RuleStatus): Promise<void>;
  /** The deleted rule. Rejects with `resource-missing`, `other-type`, `conflict`. */
  delete(name: QualifiedName): Promise<Rule>;
  list(path: EntityPath, page: PageOptions): Promise<Iterable<Rule>>;
  count(path: EntityPath): Promise<number>;
}

/** A trigger's document is written anew with every change of a link: at 100 bytes each, 200 KB. */
const RULES_MAX = 2000;

export function createRuleRegistry(options: RuleRegistryOptions): RuleRegistry {
  return new Rules(options);
}

class Rules implements RuleRegistry {
  readonly #options: RuleRegistryOptions;
  readonly #rules: Collection<Rule>;

  constructor(options: RuleRegistryOptions) {
    this.#options = options;
    this.#rules = new Collection(options.entities, "rule");
  }

  async get(name: QualifiedName): Promise<RuleWithStatus> {
    const id = toDocumentId(name);
    const { document: rule } = await this.#rules.get(id);
    const trigger = await this.#findTrigger(rule.trigger);
    return { rule, status: findStatus(trigger?.document, id) };
  }

  put(put: PutRule): Promise<RuleWithStatus> {
    return this.#options.turns.take(put.name.namespace, () => this.#put(put));
  }

  async #put({ name, request, overwrite, identity }: PutRule): Promise<RuleWithStatus> {
    const { clock } = this.#options;
    const id = toDocumentId(name);
    const before = await this.#rules.find(id);
    if (before !== undefined && !overwrite) throw failure("already-exists");
    const rule = updateRule({ name, request, before: before?.document, now: clock() });
    const trigger = await this.#findTrigger(rule.trigger);
    if (trigger === undefined) throw missing("trigger", rule.trigger);
    await this.#checkAction(rule.action, identity);
    const linked = before && (await this.#findTrigger(before.document.trigger));
    const status = before === undefined ? "active" : findStatus(linked?.document, id);
    const isMoved = linked !== undefined && idOf(linked.document) !== idOf(trigger.document);
    await this.#change([
      ...(isMoved ? toDetachment(linked, id) : []),
      toPut("rule", { id, document: rule, before }),
      toAttachment(trigger, id, { action: rule.action, status }),
    ]);
    return { rule, status };
  }

  /** Of rules and their triggers, which are remembered. */
  #change(changes: readonly EntityChange[]): Promise<void> {
    const { entities, remembered } = this.#options;
    const ids = changes.map(({ id }) => id);
    return remembered.changing(ids, () => entities.change(changes));
  }

  /** `undefined` where it is gone, or the name has become something else's. */
  async #findTrigger(reference: EntityReference): Promise<StoredEntity<Trigger> | undefined> {
    const found = await this.#options.entities.get(toDocumentId(fromReference(reference)));
    return found?.type === "trigger" ? (found as StoredEntity<Trigger>) : undefined;
  }

  async #checkAction(reference: EntityReference, identity: Identity): Promise<void> {
    const { actions } = this.#options;
    const name = fromReference(reference);
    try {
      await actions.find(name, identity);
    } catch (cause) {
      if (hasCode(cause, "resource-missing")) {
        // Of a package that is not there this is what is said; of an action in one, or in none, more.
        if (!(await this.#hasPackageOf(name))) throw cause;
      } else if (!hasCode(cause, "other-type")) throw cause;
      throw missing("action", reference, cause);
    }
  }

  async #hasPackageOf({ namespace, package: packageName }: QualifiedName): Promise<boolean> {
    if (packageName === undefined) return true;
    const id = toDocumentId({ namespace, name: packageName });
    return (await this.#options.entities.get(id))?.type === "package";
  }

  setStatus(name: QualifiedName, status: RuleStatus): Promise<void> {
    return this.#options.turns.take(name.namespace, () => this.#setStatus(name, status));
  }

  async #setStatus(name: QualifiedName, status: RuleStatus): Promise<void> {
    const id = toDocumentId(name);
    const found = await this.#rules.get(id);
    const { document: rule } = found;
    const trigger = await this.#findTrigger(rule.trigger);
    if (findStatus(trigger?.document, id) === status) return;
    if (trigger === undefined) throw failure("resource-missing");
    // The rule is written as it was, so that who deletes or moves it meanwhile meets a conflict.
    await this.#change([
      toPut("rule", { id, document: rule, before: found }),
      // At the end: the log of a firing has the rules in the order in which they were attached.
      toAttachment({ ...trigger, document: detachRule(trigger.document, id) }, id, {
        action: rule.action,
        status,
      }),
    ]);
  }

  delete(name: QualifiedName): Promise<Rule> {
    return this.#options.turns.take(name.namespace, async () => {
      const id = toDocumentId(name);
      const { document: rule, revision } = await this.#rules.get(id);
      const trigger = await this.#findTrigger(rule.trigger);
      await this.#change([...toDetachment(trigger, id), { id, deletes: revision }]);
      return rule;
    });
  }

  list(path: EntityPath, page: PageOptions): Promise<Iterable<Rule>> {
    return this.#rules.list(path, page);
  }

  count(path: EntityPath): Promise<number> {
    return this.#rules.count(path);
  }
}

function toPut<Document extends Trigger | Rule>(
  type: "trigger" | "rule",
  given: {
    readonly id: DocumentId;
    readonly document: Document;
    readonly before: StoredEntity<Document> | undefined;
  },
): EntityPut {
  const { id, document, before } = given;
  return { id, type, document, ...(before === undefined ? {} : { replaces: before.revision }) };
}

/** Nothing where there is no trigger, or no link. */
function toDetachment(
  trigger: StoredEntity<Trigger> | undefined,
  rule: DocumentId,
): readonly EntityPut[] {
  if (trigger?.document.rules?.[rule] === undefined) return [];
  const document = detachRule(trigger.document, rule);
  return [toPut("trigger", { id: idOf(document), document, before: trigger })];
}

/** Throws `invalid` where the trigger has as many as it may. */
function toAttachment(trigger: StoredEntity<Trigger>, rule: DocumentId, link: RuleLink): EntityPut {
  const document = attachRule(trigger.document, rule, link);
  const id = idOf(document);
  if (Object.keys(document.rules ?? {}).length > RULES_MAX) {
    const detail = `trigger /${id} has ${RULES_MAX} rules, which is the most that one may have`;
    throw failure("invalid", { detail });
  }
  return toPut("trigger", { id, document, before: trigger });
}

function missing(
  what: "trigger" | "action",
  reference: EntityReference,
  cause?: unknown,
): BriskError {
  const detail = `${what} /${toDocumentId(fromReference(reference))} does not exist`;
  return failure("invalid", { detail }, cause);
}

function hasCode(cause: unknown, code: ErrorCode): boolean {
  return cause instanceof BriskError && cause.code === code;
}
