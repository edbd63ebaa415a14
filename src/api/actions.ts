// `/namespaces/NS/actions`: put, get, list, delete and invoke (rest-api specification, 3.1 and 5).

import { type Action, isSequenceExec } from "../entities/action.ts";
import { resolveLimits, toPayloadBytesMax } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import { type EntityPath, type QualifiedName, toDocumentId } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn, resolveNamespace } from "../entitlement/rights.ts";
import type { Throttles } from "../entitlement/throttles.ts";
import type {
  Idempotency,
  Invocations,
  InvokeAccepted,
  InvokeFinished,
} from "../invocation/port.ts";
import { failure } from "../kernel/errors.ts";
import { LargeText } from "../kernel/large-text.ts";
import type { ActionRegistry, WantedVersion } from "../registry/actions.ts";
import {
  answerList,
  COMMON,
  createListRoutes,
  LISTED,
  MISSING,
  OVERWRITE_QUERY,
  PAGE_QUERY,
  toNames,
  toOwn,
  toReadable,
} from "./entity-requests.ts";
import { type Call, json, type Reply } from "./http.ts";
import { IDEMPOTENCY_HEADER, parseKeyedRequest } from "./idempotency.ts";
import { parseBoolean, parseInteger } from "./query.ts";
import type { Parameters, QueryParameter, Route } from "./routes.ts";
import { actionBody, parsePayload, payloadBody } from "./schemas.ts";
import {
  GET_VERSION_QUERY,
  parseWanted,
  parseWantedVersion,
  RUN_VERSION_QUERY,
} from "./wanted-version.ts";

export interface ActionRouteOptions {
  readonly registry: ActionRegistry;
  readonly throttles: Throttles;
  readonly invocations: Invocations;
  readonly idempotency: Idempotency;
  readonly limits: SystemLimits;
}

const INVOKE_QUERY: readonly QueryParameter[] = [
  { name: "blocking", type: "boolean", meaning: "Wait for the end" },
  { name: "result", type: "boolean", meaning: "Answer only the result; only where blocking" },
  { name: "timeout", type: "integer", meaning: "How long to wait, in ms from 1 to 60000" },
  ...RUN_VERSION_QUERY,
];

const GET_QUERY: readonly QueryParameter[] = [
  { name: "code", type: "boolean", meaning: "With its code; standard is true" },
  ...GET_VERSION_QUERY,
];

const EXAMPLE = {
  exec: {
    kind: "nodejs:default",
    code: "exports.main = ({ name = 'you' }) => ({ greeting: `Hello ${name}` });",
  },
};

export function createActionRoutes(options: ActionRouteOptions): readonly Route[] {
  const handlers = new ActionHandlers(options);
  const listed = { ...LISTED, ...COMMON };
  const one = [
    "namespaces/:namespace/actions/:name",
    "namespaces/:namespace/actions/:package/:name",
  ];
  return [
    ...one.flatMap((path): Route[] => [
      {
        method: "POST",
        path,
        summary: "Invoke an action",
        query: INVOKE_QUERY,
        headers: [IDEMPOTENCY_HEADER],
        body: payloadBody,
        example: { name: "Ada" },
        isInvocation: true,
        answers: { ...COMMON, ...MISSING, ...INVOKE_ANSWERS },
        handle: (call, parameters, identity) => handlers.invoke(call, parameters, identity),
      },
      {
        method: "GET",
        path,
        summary: "Get an action",
        query: GET_QUERY,
        answers: { ...GET_ANSWERS, ...COMMON, ...MISSING },
        handle: (call, parameters, identity) => handlers.get(call, parameters, identity),
      },
      {
        method: "PUT",
        path,
        summary: "Create or update an action",
        query: OVERWRITE_QUERY,
        body: actionBody,
        example: EXAMPLE,
        answers: {
          200: "The action",
          ...COMMON,
          ...MISSING,
          413: "Code, parameters or annotations are too large",
          415: "The body is not JSON",
        },
        handle: (call, parameters, identity) => handlers.put(call, parameters, identity),
      },
      {
        method: "DELETE",
        path,
        summary: "Delete an action",
        answers: { 200: "The deleted action", ...COMMON, ...MISSING },
        handle: (call, parameters, identity) => handlers.delete(call, parameters, identity),
      },
    ]),
    ...createListRoutes("namespaces/:namespace/actions", {
      summary: "List a namespace's actions",
      answers: listed,
      handle: (call, parameters, identity) => handlers.list(call, parameters, identity),
    }),
    {
      method: "GET",
      path: "namespaces/:namespace/actions/:package/",
      query: PAGE_QUERY,
      summary: "List a package's actions",
      answers: { ...listed, ...MISSING },
      handle: (call, parameters, identity) => handlers.listPackage(call, parameters, identity),
    },
  ];
}

const GET_ANSWERS = {
  200: "The action",
  413: "All versions together are too large to be shown",
} as const;

const INVOKE_ANSWERS = {
  200: "The activation, or its result",
  202: "Accepted: the activation's id",
  413: "The arguments are too large",
  415: "The body is not JSON",
  422: "The idempotency key was used for another request",
  429: "Too many invocations",
  500: "The activation, which failed by the platform's fault",
  502: "The activation, which failed by the action's fault",
  503: "The platform takes no more",
} as const;

const BLOCKING_WITH_KEY =
  "An Idempotency-Key is for invocations that are not waited for: leave out blocking=true, and get the activation's record";

interface InvokeQuery {
  readonly blocking: boolean;
  readonly isResult: boolean;
  readonly waitMs: number;
  readonly wanted: WantedVersion;
}

class ActionHandlers {
  readonly #options: ActionRouteOptions;
  readonly #invokeQueries = new WeakMap<URLSearchParams, InvokeQuery>();

  constructor(options: ActionRouteOptions) {
    this.#options = options;
  }

  async invoke(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { registry, throttles, invocations, idempotency, limits } = this.#options;
    const names = toNames(parameters);
    throttles.admit(identity);
    const name = toReadable(names, parameters, identity);
    const bytesMax = toPayloadBytesMax(limits, identity.limits);
    const text = await call.bodies.read(call.exchange, { bytesMax });
    const { blocking, isResult, waitMs, wanted } = this.#parseInvokeQuery(call.query);
    const payload = parsePayload(text);
    const common = {
      identity,
      transaction: [call.transactionId, call.receivedAt] as const,
      payload,
    };
    const found = () => registry.findToInvoke(name, identity, wanted);
    // The caller's, whoever has the action: a key is nothing that others can take or use up.
    const { name: namespace } = identity.namespace;
    const keyed = parseKeyedRequest(call, { namespace, target: toDocumentId(name), body: text });
    if (keyed === undefined) {
      const request = { ...common, action: await found() };
      throttles.checkInFlight(identity);
      const outcome = await invocations.invoke(blocking ? { ...request, waitMs } : request);
      return toInvokeReply(outcome, isResult);
    }
    if (blocking) throw failure("invalid", { detail: BLOCKING_WITH_KEY });
    const activationId = await idempotency.accept(keyed, async (keyedId) => {
      const action = await found();
      throttles.checkInFlight(identity);
      await invocations.invoke({ ...common, action, keyedId });
    });
    return toInvokeReply({ type: "accepted", activationId }, isResult);
  }

  /** Once for all that ask with the same text. */
  #parseInvokeQuery(query: URLSearchParams): InvokeQuery {
    let parsed = this.#invokeQueries.get(query);
    if (parsed === undefined) {
      const { blockingWaitMsMax } = this.#options.limits;
      const blocking = parseBoolean(query, "blocking");
      const isResult = parseBoolean(query, "result");
      const waitMs = parseWait(query, blockingWaitMsMax);
      parsed = { blocking, isResult, waitMs, wanted: parseWanted(query) };
      this.#invokeQueries.set(query, parsed);
    }
    return parsed;
  }

  /** For the large code of an action that is to be answered with it. */
  async #makeRoom(
    { answers, exchange }: Call,
    name: QualifiedName,
    { identity, version }: { readonly identity: Identity; readonly version?: string | undefined },
  ): Promise<void> {
    const found = await this.#options.registry.find(name, identity, version).catch(() => undefined);
    if (found?.codeBytes !== undefined) await answers.expect(exchange, found.codeBytes);
  }

  async get(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toReadable(toNames(parameters), parameters, identity);
    const { registry } = this.#options;
    const { query } = call;
    if (parseBoolean(query, "versions")) {
      return json((await registry.listVersions(name, identity)).map(toSummary));
    }
    const version = parseWantedVersion(query);
    if (parseBoolean(query, "code", true)) {
      await this.#makeRoom(call, name, { identity, version });
      return toReply((await registry.read(name, identity, version)).document);
    }
    const { document, binding } = await registry.find(name, identity, version);
    return json(binding === undefined ? document : { ...document, binding });
  }

  async put(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { limits, registry } = this.#options;
    const name = toOwn(toNames(parameters), parameters, identity);
    const overwrite = parseBoolean(call.query, "overwrite");
    const { parameterBytesMax } = resolveLimits(limits, identity.limits);
    const { codeBytesMax } = limits;
    const request = await call.bodies.parse(call.exchange, "action", {
      namespace: identity.namespace.name,
      codeBytesMax,
      parameterBytesMax,
    });
    if (request.exec === undefined) await this.#makeRoom(call, name, { identity });
    return toReply(await registry.put({ name, request, overwrite, identity }));
  }

  async delete(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const name = toOwn(toNames(parameters), parameters, identity);
    await this.#makeRoom(call, name, { identity });
    return toReply(await this.#options.registry.delete(name));
  }

  list(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { namespace = "" } = parameters;
    return this.#list(call, checkOwn(identity, { namespace }) as string as EntityPath);
  }

  async listPackage(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> {
    const { package: packageName = "", namespace = "" } = parameters;
    const name = {
      ...toNames({ name: packageName }),
      namespace: resolveNamespace(identity, namespace),
    };
    return this.#list(call, await this.#options.registry.locate(name, identity));
  }

  #list(call: Call, path: EntityPath): Promise<Reply> {
    const { registry } = this.#options;
    return answerList(call, {
      collection: "actions",
      count: () => registry.count(path),
      list: (page) => registry.list(path, page),
      show: toSummary,
    });
  }
}

/** A large code is sent as the bytes that it is. */
function toReply(action: Action): Reply {
  const { exec, ...rest } = action;
  if (isSequenceExec(exec) || !(exec.code instanceof LargeText)) return json(action);
  const { code, ...others } = exec;
  const head = JSON.stringify({ ...rest, exec: others }).slice(0, -"}}".length);
  return { status: 200, text: [Buffer.from(`${head},"code":`), code.json, Buffer.from("}}")] };
}

function parseWait(query: URLSearchParams, max: number): number {
  const detail = `Timeout must be number of milliseconds up to ${max}.`;
  const waitMs = parseInteger(query, "timeout", () => detail) ?? max;
  if (waitMs >= 1 && waitMs <= max) return waitMs;
  throw failure("query-malformed", { name: "timeout", detail });
}

function toInvokeReply(outcome: InvokeAccepted | InvokeFinished, isResult: boolean): Reply {
  const { activationId } = outcome;
  if (outcome.type === "accepted") return { ...json({ activationId }, 202), activationId };
  const { statusCode, record, result } = outcome;
  const status = STATUS_OF[statusCode];
  // An array is answered bare whatever was asked for.
  const isArray = statusCode === 0 && result.trimStart().startsWith("[");
  return { status, text: isResult || isArray ? result : record, activationId };
}

/** Success, application error, developer error, the platform's own. */
const STATUS_OF = [200, 502, 502, 500] as const;

function toSummary(action: Action) {
  const { namespace, name, version, publish, annotations, limits, exec, updated } = action;
  // The kind stands in an annotation; a sequence's list entry says only that it is no archive.
  const binary = !isSequenceExec(exec) && exec.binary;
  return { namespace, name, version, publish, annotations, limits, exec: { binary }, updated };
}
