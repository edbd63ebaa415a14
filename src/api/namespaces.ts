// `/namespaces`: which namespace a key is for, and what holds in it (rest-api specification, 3.6, 3.8).

import { resolveLimits } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn } from "../entitlement/rights.ts";
import { failure } from "../kernel/errors.ts";
import { json, type Reply } from "./http.ts";
import type { Parameters, Route } from "./routes.ts";

/** How a rate that is off is written where clients expect a whole number: the largest they all read. */
const OFF = 2_147_483_647;

export function toCount(limit: number): number {
  return Number.isFinite(limit) ? limit : OFF;
}

export function createNamespaceRoutes(limits: SystemLimits): readonly Route[] {
  const answers = {
    200: "The limits that hold",
    401: "No or wrong credentials",
    403: "Another namespace's",
  };
  const limitRoute = (path: string): Route => ({
    method: "GET",
    path,
    summary: "Get a namespace's limits",
    answers,
    handle: (_, parameters, identity) => showLimits(limits, parameters, identity),
  });
  const namespaces = (path: string): Route => ({
    method: "GET",
    path,
    summary: "List the namespaces that the key is for",
    answers: { 200: "Their names", 401: "No or wrong credentials" },
    handle: (_call, _parameters, identity) => json([identity.namespace.name]),
  });
  return [
    namespaces("namespaces"),
    namespaces("namespaces/"),
    limitRoute("namespaces/:namespace/limits"),
    limitRoute("namespaces/:namespace/limits/"),
    {
      method: "GET",
      path: "namespaces/:namespace/limits/:name",
      summary: "Limits have no parts",
      answers: { 400: "Limits have no parts", 401: answers[401] },
      handle: (_, { name = "" }) => {
        const detail = `Limits have no part '${name}': get them as a whole`;
        throw failure("invalid", { detail });
      },
    },
  ];
}

function showLimits(
  system: SystemLimits,
  { namespace = "" }: Parameters,
  identity: Identity,
): Reply {
  checkOwn(identity, { namespace, resource: "limits" });
  const own = identity.limits;
  const limits = resolveLimits(system, own);
  const optional = {
    allowedKinds: own.allowedKinds,
    storeActivations: own.storeActivations,
    maxPayloadSize: own.maxPayloadSize,
    truncationSize: own.truncationSize,
  };
  return json({
    invocationsPerMinute: toCount(limits.invocationsPerMinute),
    concurrentInvocations: limits.concurrentInvocations,
    firesPerMinute: toCount(limits.firesPerMinute),
    minActionMemory: limits.memoryMb.min,
    maxActionMemory: limits.memoryMb.max,
    minActionLogs: limits.logsMb.min,
    maxActionLogs: limits.logsMb.max,
    minActionTimeout: limits.timeoutMs.min,
    maxActionTimeout: limits.timeoutMs.max,
    minActionConcurrency: limits.concurrency.min,
    maxActionConcurrency: limits.concurrency.max,
    maxActionInstances: limits.concurrentInvocations,
    maxParameterSize: `${limits.parameterBytesMax} B`,
    ...optional,
  });
}
