// Subjects and namespaces' limits in SQLite: subjects.db. Its keys must be readable to the platform, as
// actions may be handed them; the file is the platform's alone.

import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type NamespaceLimits, parseNamespaceLimits } from "../../entities/limits.ts";
import type { Subject } from "../../entities/subject.ts";
import type { SubjectStore } from "../port.ts";
import { inTransaction, openDatabase, toStorageError } from "./database.ts";

const MIGRATIONS = [
  `CREATE TABLE subjects (subject TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
   CREATE TABLE keys (uuid TEXT NOT NULL, namespace TEXT NOT NULL, subject TEXT NOT NULL) STRICT;
   CREATE INDEX keys_by_uuid ON keys (uuid);
   CREATE INDEX keys_by_namespace ON keys (namespace);
   CREATE INDEX keys_by_subject ON keys (subject);
   CREATE TABLE limits (namespace TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;`,
];

export class SqliteSubjects implements Disposable {
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    const file = join(directory, "subjects.db");
    this.#database = openDatabase({ file, migrations: MIGRATIONS, synchronous: "full" });
  }

  get(subject: string): Subject | undefined {
    const row = this.#database
      .prepare("SELECT document FROM subjects WHERE subject = ?")
      .get(subject);
    return row === undefined ? undefined : (JSON.parse(String(row["document"])) as Subject);
  }

  put(subject: Subject): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare("INSERT OR REPLACE INTO subjects VALUES (?, ?)")
        .run(subject.subject, JSON.stringify(subject));
      this.#database.prepare("DELETE FROM keys WHERE subject = ?").run(subject.subject);
      const insert = this.#database.prepare("INSERT INTO keys VALUES (?, ?, ?)");
      for (const { uuid, name } of subject.namespaces) insert.run(uuid, name, subject.subject);
    });
  }

  delete(subject: string): boolean {
    return inTransaction(this.#database, () => {
      this.#database.prepare("DELETE FROM keys WHERE subject = ?").run(subject);
      const gone = this.#database.prepare("DELETE FROM subjects WHERE subject = ?").run(subject);
      return gone.changes === 1;
    });
  }

  findByUuid(uuid: string): readonly Subject[] {
    return this.#find("uuid", uuid);
  }

  findByNamespace(namespace: string): readonly Subject[] {
    return this.#find("namespace", namespace);
  }

  #find(column: "uuid" | "namespace", value: string): readonly Subject[] {
    const rows = this.#database
      .prepare(
        `SELECT document FROM subjects
         WHERE subject IN (SELECT subject FROM keys WHERE ${column} = ?) ORDER BY subject`,
      )
      .all(value);
    return rows.map((row) => JSON.parse(String(row["document"])) as Subject);
  }

  list(): readonly Subject[] {
    const rows = this.#database.prepare("SELECT document FROM subjects ORDER BY subject").all();
    return rows.map((row) => JSON.parse(String(row["document"])) as Subject);
  }

  getLimits(namespace: string): NamespaceLimits | undefined {
    const row = this.#database
      .prepare("SELECT document FROM limits WHERE namespace = ?")
      .get(namespace);
    return row === undefined ? undefined : parseNamespaceLimits(String(row["document"]));
  }

  putLimits(namespace: string, limits: NamespaceLimits): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO limits VALUES (?, ?)")
      .run(namespace, JSON.stringify(limits));
  }

  deleteLimits(namespace: string): boolean {
    return (
      this.#database.prepare("DELETE FROM limits WHERE namespace = ?").run(namespace).changes === 1
    );
  }

  /** Nobody else changes anything from here to `commit` or `rollback`. */
  begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#database.exec("COMMIT");
  }

  rollback(): void {
    // A full disk ends the transaction by itself.
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  /** Another number after a change by anybody else. */
  dataVersion(): number {
    return Number(this.#database.prepare("PRAGMA data_version").get()?.["data_version"]);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

const POLL_MS = 200;

/** Calls `changed` whenever another connection has written; own writes do not count. */
export function watchSubjects(subjects: SqliteSubjects, changed: () => void): Disposable {
  let version = subjects.dataVersion();
  const timer = setInterval(() => {
    const now = subjects.dataVersion();
    if (now === version) return;
    version = now;
    changed();
  }, POLL_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

export interface OwnSubjects extends SubjectStore {
  /**
   * What `work` reads is so until it has written: other processes' changes wait. Where it rejects nothing
   * is changed. One at a time.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** The store in this process and thread: for commands, which have nothing else to do meanwhile. */
export function openSubjects(directory: string): OwnSubjects {
  const subjects = new SqliteSubjects(directory);
  const listeners: (() => void)[] = [];
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const watch = watchSubjects(subjects, tell);
  const read = async <Value>(work: () => Value): Promise<Value> => {
    try {
      return work();
    } catch (cause) {
      throw toStorageError(cause, directory);
    }
  };
  const write = async <Value>(work: () => Value): Promise<Value> => {
    const value = await read(work);
    tell();
    return value;
  };
  return {
    get: (subject) => read(() => subjects.get(subject)),
    put: (subject) => write(() => subjects.put(subject)),
    delete: (subject) => write(() => subjects.delete(subject)),
    findByUuid: (uuid) => read(() => subjects.findByUuid(uuid)),
    findByNamespace: (namespace) => read(() => subjects.findByNamespace(namespace)),
    list: () => read(() => subjects.list()),
    getLimits: (namespace) => read(() => subjects.getLimits(namespace)),
    putLimits: (namespace, limits) => write(() => subjects.putLimits(namespace, limits)),
    deleteLimits: (namespace) => write(() => subjects.deleteLimits(namespace)),
    exclusively: async (work) => {
      await read(() => subjects.begin());
      try {
        const result = await work();
        await read(() => subjects.commit());
        return result;
      } catch (cause) {
        subjects.rollback();
        throw cause;
      }
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    [Symbol.asyncDispose]: async () => {
      watch[Symbol.dispose]();
      subjects[Symbol.dispose]();
    },
  };
}
