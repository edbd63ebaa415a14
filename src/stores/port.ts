// What is stored: entities, subjects with their limits, activations, idempotency keys; by id and by view. Documents go
// in and out as values; no store knows who asks. Every adapter passes *.contract.ts.

import type { ActivationDocument } from "../entities/activation.ts";
import type { NamespaceLimits } from "../entities/limits.ts";
import type { DocumentId, EntityName, EntityPath } from "../entities/names.ts";
import type { Subject } from "../entities/subject.ts";
import type { ActivationId } from "../kernel/ids.ts";

/** Opaque; another one after every write. */
export type Revision = string & { readonly brand: "Revision" };
/** `version`: an earlier version of an action, which no list or count of actions shows. */
export type EntityType = "action" | "package" | "trigger" | "rule" | "version";

/** What every stored entity has; the rest of the document is the entity's own. */
export interface EntityDocument {
  readonly namespace: EntityPath;
  readonly name: EntityName;
  readonly updated: number;
}

export interface StoredEntity<Document extends EntityDocument = EntityDocument> {
  readonly type: EntityType;
  readonly revision: Revision;
  readonly document: Document;
  /** Of a large code that was left out. */
  readonly codeBytes?: number;
}

/** Of an earlier version of an action what it takes to choose among them. */
export interface StoredVersion {
  readonly version: string;
  /** Milliseconds since the epoch at which another version took its place. */
  readonly replacedAt: number;
  readonly revision: Revision;
}

export interface PageOptions {
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number;
  readonly upto?: number;
  readonly skip: number;
  readonly limit: number;
}

export interface EntityFilter {
  /** Only packages that others may use: published ones that are no bindings. */
  readonly shared?: boolean;
}

export interface EntityPut {
  readonly id: DocumentId;
  readonly type: EntityType;
  readonly document: EntityDocument;
  /** The revision that is replaced; absent for a new document. */
  readonly replaces?: Revision;
}

export interface EntityDeletion {
  readonly id: DocumentId;
  /** The revision that is deleted. */
  readonly deletes: Revision;
}

export type EntityChange = EntityPut | EntityDeletion;

/**
 * Entities by id. Actions in a package are listed under their package and under the namespace. Nothing is
 * in a package that is not there, also where one is put while the other is deleted.
 */
export interface EntityStore extends AsyncDisposable {
  /** Without `code`, an action's `exec.code` is left out, and not read. */
  get(id: DocumentId, options?: { readonly code?: boolean }): Promise<StoredEntity | undefined>;
  /**
   * Durable when it resolves. Rejects with `conflict` if the document is not at `replaces`, or is to be in
   * a package that is not there. A large code is the store's alone until then.
   */
  put(put: EntityPut): Promise<Revision>;
  /** Rejects with `conflict` if the document is not at `revision`, or is a package that is not empty. */
  delete(id: DocumentId, revision: Revision): Promise<void>;
  /**
   * Several puts and deletions, all or none; durable when it resolves. Rejects with `conflict` if any
   * document is not at its revision. They stand in an order of which every beginning does no harm: a
   * store that has no transactions follows it, and may be cut short by a crash.
   */
  change(changes: readonly EntityChange[]): Promise<void>;
  /**
   * Newest `updated` first. Documents without `exec.code`. `path` is a namespace or a package. Rejects with
   * `too-large` where they are too much to be had at a time.
   */
  list(
    type: EntityType,
    path: EntityPath,
    page: PageOptions & EntityFilter,
  ): Promise<readonly StoredEntity[]>;
  /** What is stored under `toVersionId(id, …)`, in no order. */
  listVersions(id: DocumentId): Promise<readonly StoredVersion[]>;
  count(type: EntityType, path: EntityPath, filter?: EntityFilter): Promise<number>;
}

/** Subjects by name, by key's uuid, by namespace; and namespaces' limits. */
export interface SubjectStore extends AsyncDisposable {
  get(subject: string): Promise<Subject | undefined>;
  /** Creates or replaces. Durable when it resolves. */
  put(subject: Subject): Promise<void>;
  /** False where there was none. */
  delete(subject: string): Promise<boolean>;
  /** Those that hold a namespace with this uuid, blocked ones too. */
  findByUuid(uuid: string): Promise<readonly Subject[]>;
  /** Those that hold this namespace, blocked ones too. */
  findByNamespace(namespace: string): Promise<readonly Subject[]>;
  list(): Promise<readonly Subject[]>;
  /** `undefined` where there are none, or they cannot be read. */
  getLimits(namespace: string): Promise<NamespaceLimits | undefined>;
  putLimits(namespace: string, limits: NamespaceLimits): Promise<void>;
  deleteLimits(namespace: string): Promise<boolean>;
  /** Calls within a second after anybody, also another process, changed anything. */
  onChange(listener: () => void): void;
}

export interface ActivationQuery extends PageOptions {
  readonly namespace: EntityName;
  readonly filterName?: string;
}

/** The text of a JSON array in UTF-8: it may have many megabytes, which nobody puts together. */
export type JsonPieces = readonly Uint8Array<ArrayBuffer>[];

/** Activation records: written once, never changed. */
export interface ActivationStore extends AsyncDisposable {
  /**
   * Resolves when the record survives `kill -9` (`written`) or loss of power (`durable`), and can be
   * read. A second record with the same id is dropped: the first one stands. Waits where too much is
   * unwritten (back-pressure).
   */
  put(document: ActivationDocument, keep: "written" | "durable"): Promise<void>;
  has(id: ActivationId): Promise<boolean>;
  get(namespace: EntityName, id: ActivationId): Promise<ActivationDocument | undefined>;
  /**
   * Newest `start` first: list entries, or full records where `docs`. Rejects with `too-large` where they are
   * too much to be had at a time.
   */
  list(query: ActivationQuery, docs: boolean): Promise<JsonPieces>;
  /** Matches, `skip` and `limit` left aside. */
  count(query: ActivationQuery): Promise<number>;
}

export interface KeyReservation {
  readonly namespace: EntityName;
  readonly key: string;
  /** The same for the same request, another for any other. */
  readonly request: string;
  /** What the key stands for, once it is accepted. */
  readonly activationId: ActivationId;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface KnownKey {
  readonly request: string;
  readonly activationId: ActivationId;
  /** Whether the activation is accepted. */
  readonly isConfirmed: boolean;
}

/** Idempotency keys of namespaces, each known for a day after it was reserved. */
export interface IdempotencyStore extends AsyncDisposable {
  /**
   * What the key stands for already; where that is nothing, it stands for this from here on, durable
   * when it resolves with `undefined`. Rejects with `too-many-keys`.
   */
  reserve(reservation: KeyReservation): Promise<KnownKey | undefined>;
  /** The activation is accepted. Durable when it resolves. One that stands for no key is let pass. */
  confirm(activationId: ActivationId): Promise<void>;
  /** Nothing was accepted: the key is free again. A confirmed one stays. */
  release(activationId: ActivationId): Promise<void>;
  unconfirmed(): Promise<readonly ActivationId[]>;
}
