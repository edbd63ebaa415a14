// The OpenAPI document, made from the table of routes and from the schemas that check the bodies.

import { toJsonSchema } from "@valibot/to-json-schema";
import type { HeaderParameter, QueryParameter, RouteDescription } from "./routes.ts";
import { payloadBody } from "./schemas.ts";

const JSON_TYPE = "application/json";
const ERROR = {
  type: "object",
  required: ["error", "code"],
  properties: {
    error: { type: "string", description: "What was wrong, and what would be right" },
    code: { type: "string", description: "The transaction id, as in X-Request-ID" },
  },
};

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

const KEY = {
  type: "http",
  scheme: "basic",
  description:
    "What stands before the key's colon is the user name, what stands behind it the password",
};

export function createOpenApi(routes: readonly RouteDescription[], version: string): object {
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
    servers: [{ url: "/api/v1" }],
    security: [{ key: [] }],
    tags: GROUPS.map(([, name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { key: KEY },
      schemas: { Error: ERROR },
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
    tags: toGroups(route.path),
    ...(route.isOpen ? { security: [{}, { key: [] }] } : {}),
    parameters: [
      ...inPath,
      ...(route.query ?? []).map(toQueryParameter),
      ...(route.headers ?? []).map(toHeaderParameter),
    ],
    ...body,
    responses: Object.fromEntries(
      Object.entries({ ...(isNamespaced ? MALFORMED : {}), ...route.answers }).map(
        ([status, description]) => [
          status,
          toResponse(Number(status), { description, type: route.answerType ?? JSON_TYPE }),
        ],
      ),
    ),
  };
}

/** Whatever else a path asks for, its namespace may be no name. */
const MALFORMED = { 400: "A malformed namespace" };

const OWN = { description: "A namespace; `_` is the key's own", example: "_" };

/** A namespace's collection is in its path's third segment, what is of no collection goes by the first. */
function toGroups(path: string): readonly string[] {
  const [root, , collection] = path.split("/");
  const group =
    GROUPS.find(([segment]) => segment === collection) ??
    GROUPS.find(([segment]) => segment === root);
  return group === undefined ? [] : [group[1]];
}

function toQueryParameter({ name, type, meaning }: QueryParameter): object {
  return { name, in: "query", description: meaning, schema: { type } };
}

function toHeaderParameter({ name, meaning }: HeaderParameter): object {
  return { name, in: "header", description: meaning, schema: { type: "string" } };
}

function toResponse(
  status: number,
  { description, type }: { readonly description: string; readonly type: string },
): object {
  // Also a failed activation is answered as one, not as an error.
  if (!(status >= 400) || status === 502) return { description, content: { [type]: {} } };
  const schema = { $ref: "#/components/schemas/Error" };
  return { description, content: { [JSON_TYPE]: { schema } } };
}
