// The platform's own OpenAPI document as the fuzz test reads it: which operations there are, and what
// they say of their paths, queries and bodies. A route that is added is found here by itself.

import type { Json } from "../api/fixture.ts";

export interface Operation {
  readonly method: string;
  /** As documented, `/namespaces/{namespace}/actions/{name}`. */
  readonly path: string;
  /** The segment that names the collection, `actions`; empty where there is none. */
  readonly collection: string;
  readonly query: readonly QueryParameter[];
  /** The JSON schema of the body. */
  readonly body?: Json;
  readonly statuses: readonly number[];
  /** It may be answered with any other status. */
  readonly hasOthers: boolean;
  /** Of a stored thing: what is put there can be read and deleted there. */
  readonly isEntity: boolean;
}

export interface QueryParameter {
  readonly name: string;
  readonly type: string;
}

interface DocumentedOperation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: { readonly type?: string };
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: Json } | undefined>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

const VERBS = ["get", "put", "post", "delete", "patch", "head", "options"];
const ENTITY_VERBS = ["get", "put", "delete"];

const DEFAULT = "default";

export function toOperations({ paths }: OpenApiDocument): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, verbs]) => {
    // A web action takes every verb, and stores nothing.
    const isStored = path.startsWith("/namespaces/");
    const isEntity = isStored && ENTITY_VERBS.every((verb) => verb in verbs);
    return Object.entries(verbs)
      .filter(([verb]) => VERBS.includes(verb))
      .map(([verb, { parameters = [], requestBody, responses }]): Operation => {
        const body = requestBody?.content["application/json"]?.schema;
        return {
          method: verb.toUpperCase(),
          path,
          collection: toCollection(path),
          query: parameters
            .filter((parameter) => parameter.in === "query")
            .map(({ name, schema }) => ({ name, type: schema.type ?? "string" })),
          ...(body === undefined ? {} : { body }),
          statuses: Object.keys(responses)
            .filter((status) => status !== DEFAULT)
            .map(Number),
          hasOthers: DEFAULT in responses,
          isEntity,
        };
      });
  });
}

/** The first fixed segment below the namespace. */
function toCollection(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const at = segments.indexOf("{namespace}");
  return segments.slice(at + 1).find((segment) => !segment.startsWith("{")) ?? "";
}
