// Entity names, paths and document ids: what is legal, and how a path is put together.
// Source: rest-api specification, section 2.

import { failure } from "../kernel/errors.ts";

/** 1 to 256 characters of ASCII letters, digits, `_`, and inside also ` @.&-`. */
export type EntityName = string & { readonly brand: "EntityName" };
/** `namespace`, or `namespace/package`. */
export type EntityPath = string & { readonly brand: "EntityPath" };
/** `namespace/name`, or `namespace/package/name`: what the entity store knows a document by. */
export type DocumentId = string & { readonly brand: "DocumentId" };

const NAME_LENGTH_MAX = 256;
const NAME = /^[A-Za-z0-9_]([A-Za-z0-9_ @.&-]*[A-Za-z0-9_@.&-])?$/;

export function isEntityName(text: string): text is EntityName {
  return text.length <= NAME_LENGTH_MAX && NAME.test(text);
}

export function parseEntityName(text: string): EntityName {
  if (text.length > NAME_LENGTH_MAX) {
    // The spelling is OpenWhisk's.
    const detail = `Name segement longer than allowed: ${text.length} > ${NAME_LENGTH_MAX}.`;
    throw failure("invalid", { detail });
  }
  if (!NAME.test(text)) {
    const detail = `The name '${text}' contains illegal characters: use letters, digits, '_', and after the first character also ' ', '@', '.', '&', '-'`;
    throw failure("invalid", { detail });
  }
  return text as EntityName;
}

/** Of a path; OpenWhisk looks at it before it asks whose it is. Throws `invalid`. */
export function parseNamespaceName(text: string): EntityName {
  if (isEntityName(text)) return text;
  const detail =
    text.length > NAME_LENGTH_MAX
      ? `Namespace longer than allowed: ${text.length} > ${NAME_LENGTH_MAX}.`
      : "The namespace contains illegal characters.";
  throw failure("invalid", { detail });
}

/** What OpenWhisk says in a body of a reference that has no namespace. */
export const NAMESPACE_MISSING =
  "requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.";

/** Where an entity lives and what it is called. */
export interface QualifiedName {
  readonly namespace: EntityName;
  readonly package?: EntityName;
  readonly name: EntityName;
}

export function toPath(name: QualifiedName): EntityPath {
  return (
    name.package === undefined ? name.namespace : `${name.namespace}/${name.package}`
  ) as EntityPath;
}

/** Where something is that has this path. */
export function fromPath(path: EntityPath): Omit<QualifiedName, "name"> {
  const [namespace, packageName] = path.split("/") as [EntityName, EntityName?];
  return packageName === undefined ? { namespace } : { namespace, package: packageName };
}

export function toDocumentId(name: QualifiedName): DocumentId {
  return `${toPath(name)}/${name.name}` as DocumentId;
}

/** Of an earlier version of an action. No entity can have it: names have no `:`. */
export function toVersionId(id: DocumentId, version: string): DocumentId {
  return `${id}:${version}` as DocumentId;
}

/** Of a document that is at hand. */
export function idOf(entity: {
  readonly namespace: EntityPath;
  readonly name: EntityName;
}): DocumentId {
  return `${entity.namespace}/${entity.name}` as DocumentId;
}

/** Where what is in a package lives. */
export function toPackagePath(entity: Parameters<typeof idOf>[0]): EntityPath {
  return idOf(entity) as string as EntityPath;
}

export function fromDocumentId(id: DocumentId): QualifiedName {
  const [namespace, second, third] = id.split("/") as [EntityName, EntityName, EntityName?];
  if (third === undefined) return { namespace, name: second };
  return { namespace, package: second, name: third };
}
