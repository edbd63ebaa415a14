// `/namespaces/NS/packages`: put, get, list and delete packages and bindings (rest-api specification,
// 3.2 and 8).

import { resolveLimits } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { EntityPath } from "../entities/names.ts";
import { bindingOf, type Package } from "../entities/package.ts";
import { checkNotReserved } from "../entities/package-update.ts";
import type { Identity } from "../entities/subject.ts";
import { isOwn, resolveNamespace } from "../entitlement/rights.ts";
import type { PackageRegistry } from "../registry/packages.ts";
import {
  answerList,
  COMMON,
  createListRoutes,
  LISTED,
  MISSING,
  OVERWRITE_QUERY,
  toNames,
  toOwn,
} from "./entity-requests.ts";
import { type Call, json, type Reply } from "./http.ts";
import { packageBody } from "./package-schema.ts";
import { parseBoolean } from "./query.ts";
import type { Parameters, Route } from "./routes.ts";

export interface PackageRouteOptions {
  readonly registry: PackageRegistry;
  readonly limits: SystemLimits;
}

export function createPackageRoutes(options: PackageRouteOptions): readonly Route[] {
  const handlers = new PackageHandlers(options);
  const path = "namespaces/:namespace/packages/:name";
  return [
    {
      method: "GET",
      path,
      summary: "Get a package, with what is in it",
      answers: {
        200: "The package",
        ...COMMON,
        ...MISSING,
        413: "What is in it is too large to be shown together",
      },
      handle: (call, parameters, identity) => handlers.get(call, parameters, identity),
    },
    {
      method: "PUT",
      path,
      summary: "Create or update a package or a binding",
      query: OVERWRITE_QUERY,
      body: packageBody,
      example: { parameters: [{ key: "name", value: "Ada" }] },
      answers: {
        200: "The package",
        ...COMMON,
        409: "It exists, or something else has this name; what is no package cannot be bound to",
        413: "Parameters or annotations are too large",
        415: "The body is not JSON",
      },
      handle: (call, parameters, identity) => handlers.put(call, parameters, identity),
    },
    {
      method: "DELETE",
      path,
      summary: "Delete a package or a binding",
      query: [{ name: "force", type: "boolean", meaning: "Delete what is in it first" }],
      answers: {
        200: "The deleted package",
        ...COMMON,
        404: MISSING[404],
        409: "The package is not empty, or something else has this name",
      },
      handle: (call, parameters, identity) => handlers.delete(call, parameters, identity),
    },
    ...createListRoutes("namespaces/:namespace/packages", {
      summary: "List a namespace's packages, of another's the shared ones",
      answers: { ...LISTED, 400: COMMON[400], 401: COMMON[401] },
      handle: (call, parameters, identity) => handlers.list(call, parameters, identity),
    }),
  ];
}

class PackageHandlers {
  readonly #options: PackageRouteOptions;

  constructor(options: PackageRouteOptions) {
    this.#options = options;
  }

  async get(_: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const namespace = resolveNamespace(identity, parameters["namespace"] ?? "");
    const name = { ...toNames(parameters), namespace };
    return json(await this.#options.registry.get(name, identity));
  }

  async put(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { limits, registry } = this.#options;
    const name = toOwn(toNames(parameters), parameters, identity);
    const overwrite = parseBoolean(call.query, "overwrite");
    checkNotReserved(name);
    const { parameterBytesMax } = resolveLimits(limits, identity.limits);
    const request = await call.bodies.parse(call.exchange, "package", {
      namespace: name.namespace,
      parameterBytesMax,
    });
    return json(await registry.put({ name, request, overwrite, identity }));
  }

  async delete({ query }: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    const force = parseBoolean(query, "force");
    return json(await this.#options.registry.delete(name, { force }));
  }

  /** Of another's namespace what is shared: nothing where there is none, which nobody is to learn. */
  async list(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { registry } = this.#options;
    const namespace = resolveNamespace(identity, parameters["namespace"] ?? "");
    const path = namespace as string as EntityPath;
    const shared = !isOwn(identity, namespace);
    return answerList(call, {
      collection: "packages",
      count: () => registry.count(path, { shared }),
      list: (page) => registry.list(path, { ...page, shared }),
      show: toSummary,
    });
  }
}

function toSummary(document: Package) {
  const { namespace, name, version, publish, annotations, updated } = document;
  const binding = bindingOf(document) ?? false;
  return { namespace, name, version, publish, annotations, updated, binding };
}
