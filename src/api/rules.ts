// `/namespaces/NS/rules`: put, get, list, delete and switch on and off (rest-api specification, 3.4, 7.3).

import { resolveLimits } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { EntityPath, QualifiedName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn, resolveNamespace } from "../entitlement/rights.ts";
import type { RuleRegistry, RuleWithStatus } from "../registry/rules.ts";
import {
  answerList,
  BODY,
  COMMON,
  createListRoutes,
  LISTED,
  MISSING,
  OVERWRITE_QUERY,
  toNames,
  toOwn,
} from "./entity-requests.ts";
import { type Call, json, type Reply } from "./http.ts";
import { parseBoolean } from "./query.ts";
import type { Parameters, Route } from "./routes.ts";
import { ruleBody, statusBody } from "./rule-schema.ts";

export interface RuleRouteOptions {
  readonly rules: RuleRegistry;
  readonly limits: SystemLimits;
}

const COLLECTION = "namespaces/:namespace/rules";
const ITEM: string = `${COLLECTION}/:name`;

export function createRuleRoutes(options: RuleRouteOptions): readonly Route[] {
  const handlers = new RuleHandlers(options);
  return [
    {
      method: "GET",
      path: ITEM,
      summary: "Get a rule",
      answers: { 200: "The rule, with its status", ...COMMON, ...MISSING },
      handle: (_, parameters, identity) => handlers.get(parameters, identity),
    },
    {
      method: "PUT",
      path: ITEM,
      summary: "Create or update a rule",
      query: OVERWRITE_QUERY,
      body: ruleBody,
      example: { trigger: "/_/a-trigger", action: "/_/an-action" },
      answers: { 200: "The rule, with its status", ...COMMON, ...MISSING, ...BODY },
      handle: (call, parameters, identity) => handlers.put(call, parameters, identity),
    },
    {
      method: "POST",
      path: ITEM,
      summary: "Set a rule's status",
      body: statusBody,
      example: { status: "inactive" },
      answerType: "text/plain",
      answers: { 200: "Done", ...COMMON, ...MISSING, ...BODY },
      handle: (call, parameters, identity) => handlers.setStatus(call, parameters, identity),
    },
    {
      method: "DELETE",
      path: ITEM,
      summary: "Delete a rule",
      answers: { 200: "The deleted rule", ...COMMON, ...MISSING },
      handle: (_, parameters, identity) => handlers.delete(parameters, identity),
    },
    ...createListRoutes(COLLECTION, {
      summary: "List a namespace's rules",
      answers: { ...LISTED, 200: "Rules without their status, the newest first", ...COMMON },
      handle: (call, parameters, identity) => handlers.list(call, parameters, identity),
    }),
  ];
}

class RuleHandlers {
  readonly #options: RuleRouteOptions;

  constructor(options: RuleRouteOptions) {
    this.#options = options;
  }

  async get(parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    return json(toShown(await this.#options.rules.get(name)));
  }

  async put(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { rules, limits } = this.#options;
    const name = toOwn(toNames(parameters), parameters, identity);
    const overwrite = parseBoolean(call.query, "overwrite");
    const { parameterBytesMax } = resolveLimits(limits, identity.limits);
    const { trigger, action, ...rest } = await call.bodies.parse(call.exchange, "rule", {
      parameterBytesMax,
    });
    const request = {
      ...rest,
      ...(trigger === undefined ? {} : { trigger: toOwnReference(trigger, identity) }),
      ...(action === undefined ? {} : { action: toActionReference(action, identity) }),
    };
    return json(toShown(await rules.put({ name, request, overwrite, identity })));
  }

  async setStatus(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    const status = await call.bodies.parse(call.exchange, "status", undefined);
    await this.#options.rules.setStatus(name, status);
    return OK;
  }

  async delete(parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    const rule = await this.#options.rules.delete(name);
    return json(toShown({ rule, status: "inactive" }));
  }

  async list(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { rules } = this.#options;
    const { namespace = "" } = parameters;
    const path = checkOwn(identity, { namespace }) as string as EntityPath;
    return answerList(call, {
      collection: "rules",
      count: () => rules.count(path),
      list: (page) => rules.list(path, page),
      show: (rule) => rule,
    });
  }
}

const OK: Reply = { status: 200, text: "OK", contentType: "text/plain; charset=UTF-8" };

function toShown({ rule, status }: RuleWithStatus): object {
  const { namespace, name, ...rest } = rule;
  return { namespace, name, status, ...rest };
}

function toOwnReference(name: QualifiedName, identity: Identity): QualifiedName {
  const { namespace, package: packageName } = name;
  const resource = packageName ?? name.name;
  return { ...name, namespace: checkOwn(identity, { namespace, resource }) };
}

/** Of other namespaces only what is in a package can be shared: that the registry checks. */
function toActionReference(name: QualifiedName, identity: Identity): QualifiedName {
  if (name.package === undefined) return toOwnReference(name, identity);
  return { ...name, namespace: resolveNamespace(identity, name.namespace) };
}
