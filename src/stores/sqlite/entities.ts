// Entities in SQLite: whisks.db. An action's code stands in a table of its own, so that whoever does
// not want it does not read it.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { DocumentId, EntityPath } from "../../entities/names.ts";
import type { KeptAction } from "../../entities/stored-action.ts";
import { failure } from "../../kernel/errors.ts";
import { LARGE_TEXT_LENGTH } from "../../kernel/large-text.ts";
import { MB } from "../../kernel/units.ts";
import type {
  EntityDeletion,
  EntityFilter,
  EntityType,
  PageOptions,
  Revision,
  StoredVersion,
} from "../port.ts";
import { takeBounded } from "./bounded-rows.ts";
import { inTransaction, openDatabase } from "./database.ts";
import type { EntityRow, EntityWrite } from "./entity-rows.ts";

const MIGRATIONS = [
  `CREATE TABLE entities (
     id TEXT PRIMARY KEY,
     type TEXT NOT NULL,
     namespace TEXT NOT NULL,
     path TEXT NOT NULL,
     updated INTEGER NOT NULL,
     revision TEXT NOT NULL,
     document TEXT NOT NULL
   ) STRICT;
   CREATE INDEX entities_by_namespace ON entities (namespace, type, updated);
   CREATE INDEX entities_by_path ON entities (path, type, updated);
   CREATE TABLE code (id TEXT PRIMARY KEY, code TEXT NOT NULL) STRICT;`,
  // A large code is kept as the bytes of its JSON string, as it is answered and run.
  `CREATE TABLE any_code (id TEXT PRIMARY KEY, code ANY NOT NULL) STRICT;
   INSERT INTO any_code SELECT id, CASE
     WHEN length(code) < ${LARGE_TEXT_LENGTH} THEN code ELSE CAST(json_quote(code) AS BLOB)
   END FROM code;
   DROP TABLE code;
   ALTER TABLE any_code RENAME TO code;`,
];

export class SqliteEntities implements Disposable {
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    const file = join(directory, "whisks.db");
    this.#database = openDatabase({ file, migrations: MIGRATIONS, synchronous: "full" });
  }

  get(id: DocumentId, { code = false } = {}): EntityRow | undefined {
    const sql = code
      ? `SELECT type, revision, document, code FROM entities LEFT JOIN code USING (id) WHERE id = ?`
      : `SELECT type, revision, document, iif(typeof(code) = 'blob', length(code), NULL) AS codeBytes
         FROM entities LEFT JOIN code USING (id) WHERE id = ?`;
    return this.#database.prepare(sql).get(id) as EntityRow | undefined;
  }

  put(write: EntityWrite): Revision {
    return inTransaction(this.#database, () => this.#put(write));
  }

  delete(id: DocumentId, revision: Revision): void {
    inTransaction(this.#database, () => this.#delete(id, revision));
  }

  change(changes: readonly (EntityWrite | EntityDeletion)[]): void {
    inTransaction(this.#database, () => {
      for (const change of changes) {
        if ("deletes" in change) this.#delete(change.id, change.deletes);
        else this.#put(change);
      }
    });
  }

  #put({ id, type, path, updated, document, code, replaces }: EntityWrite): Revision {
    const current = this.#revision(id);
    if (current !== replaces) throw failure("conflict");
    this.#checkPlace(path);
    const count = replaces === undefined ? 0 : Number.parseInt(replaces, 10);
    // Unlike any other, also of a document that had the name before.
    const revision = `${count + 1}-${randomBytes(8).toString("hex")}` as Revision;
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO entities (id, type, namespace, path, updated, revision, document)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(id, type, toRoot(path), path, updated, revision, document);
    if (code === undefined) this.#database.prepare("DELETE FROM code WHERE id = ?").run(id);
    else this.#database.prepare("INSERT OR REPLACE INTO code VALUES (?, ?)").run(id, code);
    return revision;
  }

  #delete(id: DocumentId, revision: Revision): void {
    if (this.#revision(id) !== revision || this.#hasContents(id)) throw failure("conflict");
    this.#database.prepare("DELETE FROM entities WHERE id = ?").run(id);
    this.#database.prepare("DELETE FROM code WHERE id = ?").run(id);
  }

  #checkPlace(path: EntityPath): void {
    if (!path.includes("/")) return;
    const sql = "SELECT 1 FROM entities WHERE id = ? AND type = 'package'";
    if (this.#database.prepare(sql).get(path) === undefined) throw failure("conflict");
  }

  /** A package's id is the path of what is in it. */
  #hasContents(id: DocumentId): boolean {
    const sql = "SELECT 1 FROM entities WHERE path = ? LIMIT 1";
    return this.#database.prepare(sql).get(id) !== undefined;
  }

  #revision(id: DocumentId): Revision | undefined {
    const row = this.#database.prepare("SELECT revision FROM entities WHERE id = ?").get(id);
    return row?.["revision"] as Revision | undefined;
  }

  list(type: EntityType, path: EntityPath, page: PageOptions & EntityFilter): readonly EntityRow[] {
    const rows = this.#database
      .prepare(
        `SELECT type, revision, document FROM entities
         WHERE ${toColumn(path)} = ? AND type = ? AND updated BETWEEN ? AND ? ${toClause(page)}
         ORDER BY updated DESC, id LIMIT ? OFFSET ?`,
      )
      .iterate(path, type, page.since ?? 0, page.upto ?? LATEST, page.limit, page.skip);
    return takeBounded(rows as Iterable<unknown> as Iterable<EntityRow>, {
      lengthOf: ({ document }) => document.length,
      lengthMax: LIST_LENGTH_MAX,
    });
  }

  listVersions(id: DocumentId): readonly StoredVersion[] {
    // `;` comes after `:`, which stands between id and version.
    const rows = this.#database
      .prepare("SELECT revision, document FROM entities WHERE id > ? AND id < ?")
      .iterate(`${id}:`, `${id};`) as Iterable<unknown> as Iterable<EntityRow>;
    // One after the other: there may be a hundred, of megabytes each.
    return Array.from(rows, ({ revision, document }) => {
      const { version, replacedAt } = JSON.parse(document) as KeptAction;
      return { version, replacedAt, revision };
    });
  }

  count(type: EntityType, path: EntityPath, filter: EntityFilter = {}): number {
    const row = this.#database
      .prepare(
        `SELECT count(*) AS n FROM entities
         WHERE ${toColumn(path)} = ? AND type = ? ${toClause(filter)}`,
      )
      .get(path, type);
    return Number(row?.["n"]);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Documents may have some megabytes each. */
const LIST_LENGTH_MAX = 16 * MB;
const LATEST = Number.MAX_SAFE_INTEGER;

function toRoot(path: EntityPath): string {
  return path.split("/", 1)[0] ?? path;
}

function toColumn(path: EntityPath): string {
  return path.includes("/") ? "path" : "namespace";
}

function toClause({ shared = false }: EntityFilter): string {
  if (!shared) return "";
  return "AND document ->> '$.publish' AND document ->> '$.binding.name' IS NULL";
}
