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
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "basic" } },
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
  const inPath = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const body = route.body && {
    requestBody: {
      // Arguments may be left out, what is to be stored may not.
      required: route.body !== payloadBody,
      content: {
        [JSON_TYPE]: { schema: toJsonSchema(route.body, { errorMode: "ignore" }) },
      },
    },
  };
  return {
    summary: route.summary,
    ...(route.isOpen ? { security: [{}, { key: [] }] } : {}),
    parameters: [
      ...inPath,
      ...(route.query ?? []).map(toQueryParameter),
      ...(route.headers ?? []).map(toHeaderParameter),
    ],
    ...body,
    responses: Object.fromEntries(
      Object.entries(route.answers).map(([status, description]) => [
        status,
        toResponse(Number(status), description),
      ]),
    ),
  };
}

function toQueryParameter({ name, type, meaning }: QueryParameter): object {
  return { name, in: "query", description: meaning, schema: { type } };
}

function toHeaderParameter({ name, meaning }: HeaderParameter): object {
  return { name, in: "header", description: meaning, schema: { type: "string" } };
}

function toResponse(status: number, description: string): object {
  // Also a failed activation is answered as one, not as an error.
  if (status < 400 || status === 502) return { description, content: { [JSON_TYPE]: {} } };
  const schema = { $ref: "#/components/schemas/Error" };
  return { description, content: { [JSON_TYPE]: { schema } } };
}
