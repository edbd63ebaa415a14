// The OpenAPI document: valid, served to everybody, and true of the platform that serves it.

import assert from "node:assert/strict";
import { test } from "node:test";
import SwaggerParser from "@apidevtools/swagger-parser";
import type { Answer } from "../harness.ts";
import { ACTIONS, type Json, OWN, useBrisk } from "./fixture.ts";

interface Operation {
  readonly summary: string;
  readonly tags: readonly string[];
  /** Where it is not as everywhere: a key, or none. */
  readonly security?: readonly Json[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: {
      readonly "application/json": { readonly schema: Json; readonly example: Json };
    };
  };
  readonly responses: Readonly<Record<string, Response>>;
}
interface Response {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}
interface Document {
  readonly openapi: string;
  readonly info: Json;
  readonly tags: readonly { readonly name: string }[];
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const NO_ROUTE = "The requested resource could not be found.";

type Parsed = Parameters<typeof SwaggerParser.validate>[0];

/** With its references followed. */
let document: Document;
const brisk = useBrisk({
  setUp: async (up) => {
    const headers = { authorization: undefined };
    const { json } = await up.request("GET", "/api/v1/api-docs", { headers });
    document = (await SwaggerParser.dereference(json as Parsed)) as unknown as Document;
  },
});

for (const path of ["/api/v1/api-docs", "/api-docs"]) {
  test(`${path} is valid OpenAPI, and the same with a slash at its end`, async () => {
    const { json } = await brisk().request("GET", path);
    assert.equal((json as unknown as Document).openapi, "3.1.0");
    await SwaggerParser.validate(structuredClone(json) as Parsed);
    assert.deepEqual((await brisk().request("GET", `${path}/`)).json, json);
  });
}

test("what is outside the API is documented by itself, and answered without a key", async () => {
  const { json } = await brisk().request("GET", "/api-docs");
  const outside = (await SwaggerParser.dereference(json as Parsed)) as unknown as Document;
  assert.deepEqual(Object.keys(outside.paths), [
    "/",
    "/api/v1",
    "/api/v1/api-docs",
    "/api-docs",
    "/invokers",
    "/invokers/healthy/count",
    "/invokers/ready",
    "/ping",
    "/docs",
  ]);
  for (const [path, { get }] of Object.entries(outside.paths)) {
    const answer = await brisk().request("GET", path, { headers: { authorization: undefined } });
    assert.ok(get && [200, 308].includes(answer.status), path);
    if (answer.status === 200) checkDocumented(get.responses, answer, path);
  }
});

/** The answer's status, type and headers are among those that are documented. */
function checkDocumented(
  responses: Operation["responses"],
  { status, headers, text }: Answer,
  what: string,
): void {
  const response = responses[status];
  assert.ok(response, `${what} answers ${status}: ${text}`);
  for (const name of Object.keys(response.headers)) {
    assert.ok(name.toLowerCase() in headers, `${what} answers ${status} without ${name}`);
  }
  const types = Object.keys(response.content ?? {});
  const [type = ""] = String(headers["content-type"] ?? "").split(";");
  const isRight = types.includes("*/*") || types.includes(type) || text === "";
  assert.ok(isRight, `${what} answers ${status} as '${type}', not ${types}`);
  assert.equal(text === "" || types.length > 0, true, `${what} answers ${status} with a body`);
}

function operations(): readonly { path: string; verb: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
  );
}

test("every path and verb that is answered is documented", () => {
  const one = "/namespaces/{namespace}";
  assert.deepEqual(
    operations()
      .map(({ path, verb }) => `${verb.toUpperCase()} ${path}`)
      .toSorted((a, b) => a.localeCompare(b)),
    [
      `DELETE ${one}/actions/{name}`,
      `DELETE ${one}/actions/{package}/{name}`,
      `DELETE ${one}/packages/{name}`,
      "GET /namespaces",
      `GET ${one}/actions`,
      `GET ${one}/actions/{name}`,
      `GET ${one}/actions/{package}/`,
      `GET ${one}/actions/{package}/{name}`,
      `GET ${one}/activations`,
      `GET ${one}/activations/{id}`,
      `GET ${one}/activations/{id}/logs`,
      `GET ${one}/activations/{id}/result`,
      `GET ${one}/limits`,
      `GET ${one}/limits/{name}`,
      `GET ${one}/packages`,
      `GET ${one}/packages/{name}`,
      `POST ${one}/actions/{name}`,
      `POST ${one}/actions/{package}/{name}`,
      `PUT ${one}/actions/{name}`,
      `PUT ${one}/actions/{package}/{name}`,
      ...["rules", "triggers"].flatMap((collection) => [
        `GET ${one}/${collection}`,
        ...["DELETE", "GET", "POST", "PUT"].map((verb) => `${verb} ${one}/${collection}/{name}`),
      ]),
      `PUT ${one}/packages/{name}`,
      ...["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].map(
        (verb) => `${verb} /web/{namespace}/{package}/{action}`,
      ),
    ].toSorted((a, b) => a.localeCompare(b)),
  );
});

test("every documented operation is there, and answers with a documented status", async () => {
  for (const [path, verbs] of Object.entries(document.paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      const url = path
        .replace("{namespace}", "_")
        .replace("{id}", "0".repeat(32))
        .replace(/\{\w+\}/g, "documented");
      const what = `${verb} ${url}`;
      const answer = await brisk().request(verb.toUpperCase(), `/api/v1${url}`);
      const { status, text } = answer;
      assert.ok(!text.includes(NO_ROUTE), what);
      if (verb !== "head") checkDocumented(operation.responses, answer, what);
      const anonymous = await brisk().request(verb.toUpperCase(), `/api/v1${url}`, {
        headers: { authorization: undefined },
      });
      assert.equal(anonymous.status, operation.security === undefined ? 401 : status, what);
      if (verb !== "head") checkDocumented(operation.responses, anonymous, what);
      assert.ok("401" in operation.responses, `${what} does not document 401`);
    }
  }
});

test("documented query parameters are looked at", async () => {
  await brisk().request("PUT", `${ACTIONS}/documented`, {
    body: { exec: { kind: "nodejs:24", code: "exports.main = () => ({})" } },
  });
  for (const [path, verbs] of Object.entries(document.paths)) {
    for (const [verb, { parameters }] of Object.entries(verbs)) {
      if (path.includes("{package}")) continue;
      const url = path.replace("{namespace}", "_").replace("{name}", "documented");
      for (const { name } of parameters.filter((parameter) => parameter.in === "query")) {
        const wrong = `/api/v1${url}?${name}=%24%24`;
        const { status, text } = await brisk().request(verb.toUpperCase(), wrong);
        assert.equal(status, 400, `${verb} ${wrong}: ${text}`);
        assert.ok(text.includes(`'${name}'`), text);
      }
    }
  }
});

test("the body of a PUT is described by the schema that checks it", () => {
  const put = document.paths["/namespaces/{namespace}/actions/{name}"]?.["put"];
  const schema = put?.requestBody?.content["application/json"].schema as Json;
  const properties = Object.keys(schema["properties"] as Json);
  assert.deepEqual(
    properties.toSorted((a, b) => a.localeCompare(b)),
    ["annotations", "delAnnotations", "exec", "limits", "parameters", "publish", "version"],
  );
});

test("an invocation's body is optional, a PUT's is not", () => {
  const operations = document.paths["/namespaces/{namespace}/actions/{name}"];
  assert.equal(operations?.["post"]?.requestBody?.required, false);
  assert.equal(operations?.["put"]?.requestBody?.required, true);
});

test("every operation is in one of the groups, and every group has some", () => {
  const tags = operations().map(({ operation }) => operation.tags);
  assert.ok(tags.every((own) => own.length === 1));
  assert.deepEqual(new Set(tags.flat()), new Set(document.tags.map(({ name }) => name)));
});

test("every body has an example, which is taken as it is", async () => {
  for (const { path, verb, operation } of operations()) {
    if (operation.requestBody !== undefined) assert.ok(exampleOf(path, verb), `${verb} ${path}`);
  }
  const steps = [
    ["PUT", "packages", "a-package"],
    ["PUT", "actions", "an-action"],
    ["PUT", "triggers", "a-trigger"],
    ["PUT", "rules", "a-rule"],
    ["POST", "actions", "an-action"],
    ["POST", "triggers", "a-trigger"],
    ["POST", "rules", "a-rule"],
  ] as const;
  for (const [method, collection, name] of steps) {
    const path = `/namespaces/{namespace}/${collection}/{name}`;
    const body = exampleOf(path, method.toLowerCase());
    const url = `${OWN}/${collection}/${name}`;
    const answer = await brisk().request(method, url, { body });
    const what = `${method} ${collection}`;
    assert.ok(answer.status < 300, `${what} answers ${answer.status}: ${answer.text}`);
    checkDocumented(operationOf(path, method.toLowerCase()).responses, answer, what);
  }
  // The last of them has switched its rule off.
  const fired = await brisk().request("POST", `${OWN}/triggers/a-trigger`);
  assert.equal(fired.status, 204);
  const { responses } = operationOf("/namespaces/{namespace}/triggers/{name}", "post");
  checkDocumented(responses, fired, "a firing without an active rule");
});

test("a failed activation is documented as what it is, not as an error", () => {
  const { responses } = operationOf("/namespaces/{namespace}/actions/{name}", "post");
  for (const status of [200, 202, 500, 502]) {
    const { headers, content } = responses[status] ?? assert.fail(`${status}`);
    assert.ok("x-openwhisk-activation-id" in headers, `${status}`);
    assert.deepEqual(content, { "application/json": {} });
  }
  for (const status of [400, 429, 503]) {
    const { headers, content } = responses[status] ?? assert.fail(`${status}`);
    assert.ok(!("x-openwhisk-activation-id" in headers), `${status}`);
    assert.match(JSON.stringify(content), /"required":\["error","code"\]/);
  }
});

function operationOf(path: string, verb: string): Operation {
  return document.paths[path]?.[verb] ?? assert.fail(`${verb} ${path}`);
}

function exampleOf(path: string, verb: string): Json | undefined {
  return document.paths[path]?.[verb]?.requestBody?.content["application/json"].example;
}

test("GET / shows kinds and limits as clients read them", async () => {
  const { json } = await brisk().request("GET", "/", { headers: { authorization: undefined } });
  const { runtimes, limits, support } = json as {
    readonly runtimes: Readonly<Record<string, readonly Json[]>>;
    readonly limits: Readonly<Record<string, number>>;
    readonly support: Json;
  };
  assert.deepEqual(Object.keys(support), ["github", "slack"]);
  const kinds = runtimes["nodejs"] ?? [];
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ["nodejs:20", "nodejs:22", "nodejs:24", "nodejs:26"],
  );
  assert.deepEqual(
    kinds.find((kind) => kind["default"] === true),
    {
      kind: "nodejs:24",
      image: "openwhisk/action-nodejs-v24:nightly",
      deprecated: false,
      default: true,
      attached: true,
      requireMain: false,
    },
  );
  const MB = 1024 * 1024;
  assert.deepEqual(limits, {
    actions_per_minute: 2_147_483_647,
    triggers_per_minute: 2_147_483_647,
    concurrent_actions: 10_000,
    sequence_length: 50,
    min_action_duration: 100,
    max_action_duration: 300_000,
    min_action_memory: 128 * MB,
    max_action_memory: 512 * MB,
    min_action_logs: 0,
    max_action_logs: 10 * MB,
    default_min_action_duration: 100,
    default_max_action_duration: 300_000,
    default_min_action_memory: 128 * MB,
    default_max_action_memory: 512 * MB,
    default_min_action_logs: 0,
    default_max_action_logs: 10 * MB,
  });
});

test("GET /api/v1 says which build it is, in the form that the CLI expects", async () => {
  const { json } = await brisk().request("GET", "/api/v1");
  const { build, buildno } = json as { readonly build: string; readonly buildno: string };
  assert.match(build, /^20\d\d-/);
  assert.match(buildno, /^\d+\.\d+\.\d+/);
});
