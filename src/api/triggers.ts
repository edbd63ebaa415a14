// `/namespaces/NS/triggers`: put, get, list, delete and fire (rest-api specification, 3.3 and 7.2).

import { resolveLimits, toPayloadBytesMax } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import { type EntityPath, toDocumentId } from "../entities/names.ts";
import type { RuntimeManifest } from "../entities/runtime-manifest.ts";
import type { Identity } from "../entities/subject.ts";
import type { Trigger } from "../entities/trigger.ts";
import { checkOwn } from "../entitlement/rights.ts";
import type { Throttles } from "../entitlement/throttles.ts";
import type { Firings } from "../invocation/firings.ts";
import type { Idempotency, KeyedRequest } from "../invocation/port.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { TriggerRegistry } from "../registry/triggers.ts";
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
import { IDEMPOTENCY_HEADER, parseKeyedRequest } from "./idempotency.ts";
import { parseBoolean } from "./query.ts";
import type { Parameters, Route } from "./routes.ts";
import { parsePayload, payloadBody } from "./schemas.ts";
import { triggerBody } from "./trigger-schema.ts";

export interface TriggerRouteOptions {
  readonly triggers: TriggerRegistry;
  readonly firings: Firings;
  readonly throttles: Throttles;
  readonly idempotency: Idempotency;
  readonly limits: SystemLimits;
  readonly manifest: RuntimeManifest;
}

const COLLECTION = "namespaces/:namespace/triggers";
const ITEM: string = `${COLLECTION}/:name`;

export function createTriggerRoutes(options: TriggerRouteOptions): readonly Route[] {
  const handlers = new TriggerHandlers(options);
  return [
    {
      method: "POST",
      path: ITEM,
      summary: "Fire a trigger",
      headers: [IDEMPOTENCY_HEADER],
      body: payloadBody,
      example: { name: "Ada" },
      isInvocation: true,
      answers: {
        202: "Accepted: the activation's id",
        204: "There is no active rule: nothing happened",
        ...COMMON,
        ...MISSING,
        ...BODY,
        422: "The Idempotency-Key stands for another request",
        429: "Too many fires",
        503: "The platform takes no more",
      },
      handle: (call, parameters, identity) => handlers.fire(call, parameters, identity),
    },
    {
      method: "GET",
      path: ITEM,
      summary: "Get a trigger",
      answers: { 200: "The trigger", ...COMMON, ...MISSING },
      handle: (_, parameters, identity) => handlers.get(parameters, identity),
    },
    {
      method: "PUT",
      path: ITEM,
      summary: "Create or update a trigger",
      query: OVERWRITE_QUERY,
      body: triggerBody,
      example: { parameters: [{ key: "name", value: "Ada" }] },
      answers: { 200: "The trigger", ...COMMON, 409: MISSING[409], ...BODY },
      handle: (call, parameters, identity) => handlers.put(call, parameters, identity),
    },
    {
      method: "DELETE",
      path: ITEM,
      summary: "Delete a trigger",
      answers: { 200: "The deleted trigger", ...COMMON, ...MISSING },
      handle: (_, parameters, identity) => handlers.delete(parameters, identity),
    },
    ...createListRoutes(COLLECTION, {
      summary: "List a namespace's triggers",
      answers: { ...LISTED, ...COMMON },
      handle: (call, parameters, identity) => handlers.list(call, parameters, identity),
    }),
  ];
}

class TriggerHandlers {
  readonly #options: TriggerRouteOptions;

  constructor(options: TriggerRouteOptions) {
    this.#options = options;
  }

  async fire(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { triggers, firings, throttles, limits } = this.#options;
    const names = toNames(parameters);
    throttles.admitFire(identity);
    const name = toOwn(names, parameters, identity);
    const bytesMax = toPayloadBytesMax(limits, identity.limits);
    const text = await call.bodies.read(call.exchange, { bytesMax });
    const payload = parsePayload(text);
    const fire = async (own: { readonly keyedId?: ActivationId }) =>
      firings.fire({
        identity,
        trigger: await triggers.findToFire(name),
        ...(payload === undefined ? {} : { payload }),
        headers: toVisibleHeaders(call),
        transactionId: call.transactionId,
        ...own,
      });
    const { namespace } = name;
    const target = `triggers/${toDocumentId(name)}`;
    const keyed = parseKeyedRequest(call, { namespace, target, body: text });
    const activationId = await (keyed === undefined ? fire({}) : this.#fireOnce(keyed, fire));
    if (activationId === undefined) return NO_CONTENT;
    return { ...json({ activationId }, 202), activationId };
  }

  /** Where nothing is fired nothing is accepted: the key stays free. */
  async #fireOnce(
    keyed: KeyedRequest,
    fire: (own: { readonly keyedId: ActivationId }) => Promise<ActivationId | undefined>,
  ): Promise<ActivationId | undefined> {
    try {
      return await this.#options.idempotency.accept(keyed, async (keyedId) => {
        if ((await fire({ keyedId })) === undefined) throw NOTHING_FIRED;
      });
    } catch (cause) {
      if (cause === NOTHING_FIRED) return undefined;
      throw cause;
    }
  }

  async get(parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    return json(await this.#options.triggers.get(name));
  }

  async put(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { triggers, limits, manifest } = this.#options;
    const name = toOwn(toNames(parameters), parameters, identity);
    const overwrite = parseBoolean(call.query, "overwrite");
    const { parameterBytesMax } = resolveLimits(limits, identity.limits);
    const request = await call.bodies.parse(call.exchange, "trigger", {
      kinds: manifest.kinds,
      parameterBytesMax,
    });
    return json(await triggers.put({ name, request, overwrite }));
  }

  async delete(parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    return json(await this.#options.triggers.delete(name));
  }

  async list(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { triggers } = this.#options;
    const { namespace = "" } = parameters;
    const path = checkOwn(identity, { namespace }) as string as EntityPath;
    return answerList(call, {
      collection: "triggers",
      count: () => triggers.count(path),
      list: (page) => triggers.list(path, page),
      show: toSummary,
    });
  }
}

const NOTHING_FIRED = new Error("no rule is active");
const NO_CONTENT: Reply = { status: 204, text: "" };

/**
 * What the actions see of the request. Not its key: an action of somebody else's package would get it too.
 * What says how the body came is not part of the event.
 */
function toVisibleHeaders({ request }: Call): JsonObject {
  const entries = Object.entries(request.headers)
    .filter(([name]) => !HIDDEN_HEADERS.includes(name))
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return Object.fromEntries(entries);
}

const HIDDEN_HEADERS = ["authorization", "proxy-authorization", "content-type", "content-length"];

function toSummary({ namespace, name, version, publish, annotations, updated }: Trigger) {
  return { namespace, name, version, publish, annotations, updated };
}
