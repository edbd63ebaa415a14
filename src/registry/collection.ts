// What all kinds of entity have in common in the store: found by name, put with or without overwriting,
// deleted at the revision that was read, listed. One name is one thing in a namespace, whatever its kind.

import type { DocumentId, EntityPath } from "../entities/names.ts";
import { failure } from "../kernel/errors.ts";
import type {
  EntityChange,
  EntityDocument,
  EntityFilter,
  EntityPut,
  EntityStore,
  EntityType,
  PageOptions,
  StoredEntity,
} from "../stores/port.ts";

export interface CollectionPut<Document extends EntityDocument> {
  readonly id: DocumentId;
  readonly overwrite: boolean;
  /** The document to store, from the one that is there. What it throws ends the put. */
  readonly update: (before: Document | undefined) => Document | Promise<Document>;
  /** All that is written, where that is more than the document. */
  readonly changes?: (
    put: EntityPut,
    before: StoredEntity<Document> | undefined,
  ) => Promise<readonly EntityChange[]>;
}

export class Collection<Document extends EntityDocument> {
  readonly #entities: EntityStore;
  readonly #type: EntityType;

  constructor(entities: EntityStore, type: EntityType) {
    this.#entities = entities;
    this.#type = type;
  }

  /** `undefined` where there is none. Rejects with `other-type` where it is something else. */
  async find(id: DocumentId, { code = false } = {}): Promise<StoredEntity<Document> | undefined> {
    const found = await this.#entities.get(id, { code });
    if (found !== undefined && found.type !== this.#type) throw failure("other-type");
    return found as StoredEntity<Document> | undefined;
  }

  /** Rejects with `resource-missing`, `other-type`. */
  async get(id: DocumentId, options: { code?: boolean } = {}): Promise<StoredEntity<Document>> {
    const found = await this.find(id, options);
    if (found === undefined) throw failure("resource-missing");
    return found;
  }

  /** The stored document. Rejects with `already-exists`, `conflict`, `other-type`, and what `update` throws. */
  async put({ id, overwrite, update, changes }: CollectionPut<Document>): Promise<Document> {
    const before = await this.find(id, { code: true });
    if (before !== undefined && !overwrite) throw failure("already-exists");
    const document = await update(before?.document);
    const replaces = before === undefined ? {} : { replaces: before.revision };
    const put = { id, type: this.#type, document, ...replaces };
    if (changes === undefined) await this.#entities.put(put);
    else await this.#entities.change(await changes(put, before));
    return document;
  }

  /** Rejects with `conflict` if it has changed since it was read. */
  delete(id: DocumentId, { revision }: StoredEntity<Document>): Promise<void> {
    return this.#entities.delete(id, revision);
  }

  async list(path: EntityPath, page: PageOptions & EntityFilter): Promise<Iterable<Document>> {
    return documentsOf([...(await this.#entities.list(this.#type, path, page))]);
  }

  count(path: EntityPath, filter: EntityFilter = {}): Promise<number> {
    return this.#entities.count(this.#type, path, filter);
  }
}

/** One after the other: none is kept that was taken, as all of them may have many megabytes. */
function* documentsOf<Document>(found: StoredEntity[]): Generator<Document> {
  for (let next = found.shift(); next !== undefined; next = found.shift()) {
    yield next.document as EntityDocument as Document;
  }
}
