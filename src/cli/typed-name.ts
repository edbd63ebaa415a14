// Names as people type them: `a`, `pkg/a`, `/ns/a`, `/ns/pkg/a`, `ns/pkg/a`; and the paths that they
// stand for. `_` is one's own namespace.

import { CliError } from "./cli-error.ts";

export interface TypedName {
  readonly namespace: string;
  /** `a` or `pkg/a`; empty where only a namespace was typed. */
  readonly entity: string;
}

const OWN = "_";

/** An entity, or `/ns` alone, which lists take. */
export function parseTypedName(text: string): TypedName {
  const isAbsolute = text.startsWith("/");
  const parts = (isAbsolute ? text.slice(1) : text).split("/");
  if (parts.length > 3 || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw invalid(text);
  }
  const [first = "", ...rest] = parts;
  if (isAbsolute || rest.length === 2) return { namespace: first, entity: rest.join("/") };
  return { namespace: OWN, entity: parts.join("/") };
}

export function parseEntityName(text: string): TypedName {
  const name = parseTypedName(text);
  if (name.entity === "") throw invalid(text);
  return name;
}

/** As bodies name it: the server knows whose `_` is. */
export function toFullName({ namespace, entity }: TypedName): string {
  return `/${namespace}/${entity}`;
}

/** Of what is in no package: a package, a trigger, a rule. */
export function parseTopLevelName(text: string): TypedName {
  const name = parseEntityName(text);
  if (name.entity.includes("/")) throw invalid(text);
  return name;
}

function invalid(text: string): CliError {
  return new CliError(`'${text}' is not a valid name: A valid qualified name must be specified.`);
}

/** `/namespaces/NS/COLLECTION`, and below it the entity where there is one. */
export function toResourcePath(collection: string, { namespace, entity }: TypedName): string {
  const path = ["namespaces", namespace, collection, ...entity.split("/")];
  return `/${path
    .filter((part) => part !== "")
    .map(encodeURIComponent)
    .join("/")}`;
}
