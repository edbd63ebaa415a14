// What invoking an action means: its arguments merged, an id given, the work handed to the balancer,
// and the end waited for where somebody asks.

import type { Balancer } from "../balancer/balancer.ts";
import type { SystemLimits } from "../entities/limits.ts";
import { failure } from "../kernel/errors.ts";
import { createActivationId } from "../kernel/ids.ts";
import { KB } from "../kernel/units.ts";
import { mergeArguments } from "./parameters.ts";
import type { Invocations, InvokeAccepted, InvokeFinished, InvokeRequest } from "./port.ts";

export interface InvocationsOptions {
  readonly balancer: Balancer;
  readonly limits: Pick<SystemLimits, "payloadBytesMax" | "parameterBytesMax">;
}

/** What a message may have beside payload and parameters. */
const MESSAGE_OVERHEAD_BYTES = 6 * KB;

export function createInvocations({ balancer, limits }: InvocationsOptions): Invocations {
  const argumentBytesMax =
    Math.max(limits.payloadBytesMax, limits.parameterBytesMax) + MESSAGE_OVERHEAD_BYTES;

  async function invoke(request: InvokeRequest): Promise<InvokeAccepted | InvokeFinished> {
    const { identity, action, payload, waitMs, keyedId, transaction } = request;
    const { content, initKeys } = mergeArguments(action.document, payload);
    refuseTooLarge(content, argumentBytesMax);
    const activationId = keyedId ?? createActivationId();
    const { namespace, name, version } = action.document;
    const message = {
      activationId,
      transaction,
      action: { id: `${namespace}/${name}`, revision: action.revision, version },
      user: identity,
      initKeys,
      ...(keyedId === undefined ? {} : { acceptance: keyedId }),
      content,
    };
    if (waitMs === undefined) {
      await balancer.accept(message);
      return { type: "accepted", activationId };
    }
    const finished = await balancer.run(message, waitMs);
    if (finished === undefined) return { type: "accepted", activationId };
    const { statusCode, outcome } = finished;
    return { type: "finished", activationId, statusCode, ...outcome };
  }

  return { invoke, inFlight: (namespaceUuid) => balancer.inFlight(namespaceUuid) };
}

function refuseTooLarge(content: string, allowed: number): void {
  // A character takes three bytes at most, so that only long texts have to be measured.
  if (content.length * 3 <= allowed) return;
  const is = Buffer.byteLength(content);
  if (is > allowed) throw failure("too-large", { field: "Request", is, allowed });
}
