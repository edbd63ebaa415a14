// Entities as the stores' thread is told them and answers them: documents as text, an action's code apart.
// As objects they would be copied on the way, which for a trigger of a thousand rules takes twice as long
// as printing it, parsing it and writing it to disk.

import type { CodeAction } from "../../entities/action.ts";
import type { DocumentId, EntityPath } from "../../entities/names.ts";
import { LargeText } from "../../kernel/large-text.ts";
import { parseKeepingDigits } from "../../kernel/lossless-json.ts";
import type {
  EntityChange,
  EntityDeletion,
  EntityDocument,
  EntityPut,
  EntityType,
  Revision,
  StoredEntity,
} from "../port.ts";

/** What is stored. */
export interface EntityRow {
  readonly type: EntityType;
  readonly revision: Revision;
  /** Without an action's code. */
  readonly document: string;
  /** Of an action that was read with it; of a large one the bytes of its JSON string. */
  readonly code?: string | Uint8Array<ArrayBuffer> | null;
  /** Of one that was read without it, where that is large. */
  readonly codeBytes?: number | null;
}

/** What is to be stored. */
export interface EntityWrite {
  readonly id: DocumentId;
  readonly type: EntityType;
  readonly path: EntityPath;
  readonly updated: number;
  readonly document: string;
  readonly code?: string | Uint8Array<ArrayBuffer>;
  readonly replaces?: Revision;
}

export function toEntity({ type, revision, document, code, codeBytes }: EntityRow): StoredEntity {
  const parsed = parseKeepingDigits(document) as EntityDocument & Partial<CodeAction>;
  if (code === undefined || code === null || parsed.exec === undefined) {
    const stored = { type, revision, document: parsed };
    return codeBytes ? { ...stored, codeBytes } : stored;
  }
  const exec = { ...parsed.exec, code: typeof code === "string" ? code : new LargeText(code) };
  return { type, revision, document: { ...parsed, exec } as EntityDocument };
}

/** Of a list, which may be of many megabytes: parsed when it is looked at. */
export class ListedEntity implements StoredEntity {
  readonly type: EntityType;
  readonly revision: Revision;
  readonly #text: string;
  #document: EntityDocument | undefined;

  constructor({ type, revision, document }: EntityRow) {
    this.type = type;
    this.revision = revision;
    this.#text = document;
  }

  get document(): EntityDocument {
    this.#document ??= parseKeepingDigits(this.#text) as EntityDocument;
    return this.#document;
  }
}

export function toChange(change: EntityChange): EntityWrite | EntityDeletion {
  return "deletes" in change ? change : toWrite(change);
}

export function toWrite({ document, ...rest }: EntityPut): EntityWrite {
  const { namespace: path, updated } = document;
  return { ...rest, path, updated, ...printDocument(rest.type, document) };
}

function printDocument(
  type: EntityType,
  document: EntityDocument,
): Pick<EntityWrite, "document" | "code"> {
  const { exec } = document as Partial<CodeAction>;
  if ((type !== "action" && type !== "version") || exec?.code === undefined) {
    return { document: JSON.stringify(document) };
  }
  const { code, ...kept } = exec;
  const text = JSON.stringify({ ...document, exec: kept });
  return { document: text, code: typeof code === "string" ? code : code.json };
}

/** The large codes of what is to be stored, each once. */
export function findLarge(changes: readonly EntityChange[]): readonly LargeText[] {
  const codes = changes.map((change) =>
    "deletes" in change ? undefined : (change.document as Partial<CodeAction>).exec?.code,
  );
  return [...new Set(codes)].filter((code) => code instanceof LargeText);
}
