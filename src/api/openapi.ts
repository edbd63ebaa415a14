// The OpenAPI documents, made from the tables of routes and from the schemas that check the bodies.

import { toJsonSchema } from "@valibot/to-json-schema";
import { JSON_TYPE } from "./http.ts";
import { RESPONSE_COMPONENTS, toResponses } from "./openapi-responses.ts";
import type { HeaderParameter, QueryParameter, RouteDescription } from "./routes.ts";
import { payloadBody } from "./schemas.ts";

/** The groups in which the operations are shown, by the segment of their path that says which. */
const GROUPS = [
  ["actions", "Actions", "What runs: code, sequences and compositions"],
  ["triggers", "Triggers", "What happens, and makes actions run"],
  ["rules", "Rules", "Which trigger makes which action run"],
  ["packages", "Packages", "What holds actions, and what is bound of others'"],
  ["activations", "Activations", "What ran, and how it went"],
  ["namespaces", "Namespaces", "Whose the key is, and what limits hold"],
  ["web", "Web actions", "Actions with a public URL"],
] as const;

const REQUEST_ID = {
  name: "X-Request-ID",
  in: "header",
  description:
    "The transaction's id; one that begins with sid_, or none, makes the platform choose",
  schema: { type: "string" },
};

const KEY = {
  type: "http",
  scheme: "basic",
  description:
    "What stands before the key's colon is the user name, what stands behind it the password",
};

export interface OpenApiOptions {
  /** Of the platform. */
  readonly version: string;
  /** What the paths are below. */
  readonly server: string;
}

export function createOpenApi(
  routes: readonly RouteDescription[],
  { version, server }: OpenApiOptions,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    // A last slash is tolerated where it means nothing; with a meaning of its own it is documented.
    const path = `/${route.path.replace(/:(\w+)/g, "{$1}")}`;
    if (path.endsWith("/") && paths[path.slice(0, -1)]?.[route.method.toLowerCase()]) {
      if (route.summary === summaryOf(paths, path.slice(0, -1), route.method)) continue;
    }
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Brisk", version, description: "Apache OpenWhisk's API, as Brisk answers it" },
    servers: [{ url: server }],
    security: [{ key: [] }],
    tags: GROUPS.filter(([segment]) => routes.some(({ path }) => toGroup(path) === segment)).map(
      ([, name, description]) => ({ name, description }),
    ),
    paths,
    components: {
      securitySchemes: { key: KEY },
      parameters: { RequestId: REQUEST_ID },
      ...RESPONSE_COMPONENTS,
    },
  };
}

function summaryOf(
  paths: Readonly<Record<string, Readonly<Record<string, object>>>>,
  path: string,
  method: string,
): unknown {
  const operation = paths[path]?.[method.toLowerCase()] as { summary?: string } | undefined;
  return operation?.summary;
}

function toOperation(route: RouteDescription): object {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
  const isNamespaced = names.includes("namespace") && !route.isOpen;
  const inPath = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
    ...(name === "namespace" && isNamespaced ? OWN : {}),
  }));
  const body = route.body && {
    requestBody: {
      // Arguments may be left out, what is to be stored may not.
      required: route.body !== payloadBody,
      content: {
        [JSON_TYPE]: {
          schema: toJsonSchema(route.body, { errorMode: "ignore" }),
          ...(route.example === undefined ? {} : { example: route.example }),
        },
      },
    },
  };
  return {
    summary: route.summary,
    tags: toTags(route.path),
    ...(route.isOpen ? { security: [{}, { key: [] }] } : {}),
    parameters: [
      ...inPath,
      ...(route.query ?? []).map(toQueryParameter),
      ...(route.headers ?? []).map(toHeaderParameter),
      { $ref: "#/components/parameters/RequestId" },
    ],
    ...body,
    responses: toResponses(route, isNamespaced ? MALFORMED : {}),
  };
}

/** Whatever else a path asks for, its namespace may be no name. */
const MALFORMED = { 400: "A malformed namespace" };

const OWN = { description: "A namespace; `_` is the key's own", example: "_" };

/** A namespace's collection is in its path's third segment, what is of no collection goes by the first. */
function toGroup(path: string): string | undefined {
  const [root, , collection] = path.split("/");
  const group =
    GROUPS.find(([segment]) => segment === collection) ??
    GROUPS.find(([segment]) => segment === root);
  return group?.[0];
}

function toTags(path: string): readonly string[] {
  const group = toGroup(path);
  return GROUPS.filter(([segment]) => segment === group).map(([, name]) => name);
}

function toQueryParameter({ name, type, meaning }: QueryParameter): object {
  return { name, in: "query", description: meaning, schema: { type } };
}

function toHeaderParameter({ name, meaning }: HeaderParameter): object {
  return { name, in: "header", description: meaning, schema: { type: "string" } };
}
