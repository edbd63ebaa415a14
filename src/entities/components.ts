// The parts of a sequence as clients name them, and as they are stored: absolute, with a leading slash.
// Pure. Source: web-and-composition specification, 2.1.

import { failure } from "../kernel/errors.ts";
import { type ActionRequest, isSequenceRequest } from "./action-update.ts";
import {
  type DocumentId,
  type EntityName,
  fromDocumentId,
  isEntityName,
  NAMESPACE_MISSING,
  type QualifiedName,
  toDocumentId,
} from "./names.ts";

/** Stands for the caller's namespace. */
const OWN = "_";

/** The request with its components' names absolute. Throws `body-malformed`. */
export function resolveComponents(request: ActionRequest, own: EntityName): ActionRequest {
  const { exec } = request;
  if (exec === undefined || !isSequenceRequest(exec)) return request;
  if (exec.components === undefined) {
    throw malformed("'components' must be defined for sequence kind");
  }
  const components = exec.components.map((text) => `/${toDocumentId(parseComponent(text, own))}`);
  return { ...request, exec: { ...exec, components } };
}

/** `/ns/name` or `/ns/package/name`, with the leading slash or without; empty segments are none. */
function parseComponent(text: string, own: EntityName): QualifiedName {
  const parts = text.split("/").filter((part) => part !== "");
  if (parts.length < 2) {
    throw malformed(NAMESPACE_MISSING);
  }
  const wrong = parts.find((part) => !isEntityName(part));
  if (parts.length > 3 || wrong !== undefined) {
    throw malformed(`The component '${text}' is no name: must be '/namespace[/package]/name'`);
  }
  const [first, ...rest] = parts;
  return toComponentName(`/${[first === OWN ? own : first, ...rest].join("/")}`);
}

/** Of a stored component. */
export function toComponentName(component: string): QualifiedName {
  return fromDocumentId(component.slice(1) as DocumentId);
}

function malformed(detail: string): Error {
  return failure("body-malformed", { detail });
}
