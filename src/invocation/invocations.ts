// What invoking an action means: the work handed to the balancer as a message, and the end waited for
// where somebody asks.

import type { Balancer } from "../balancer/balancer.ts";
import type { Action } from "../entities/action.ts";
import { readRetryPolicy } from "../entities/retry-policy.ts";
import type { NewActivation } from "../messages/activation-message.ts";
import { type ArgumentLimits, createMessage } from "./messages.ts";
import { checkFinal } from "./parameters.ts";
import type { Invocations, InvokeAccepted, InvokeFinished, InvokeRequest } from "./port.ts";

export interface InvocationsOptions {
  readonly balancer: Balancer;
  readonly limits: ArgumentLimits;
}

export function createInvocations({ balancer, limits }: InvocationsOptions): Invocations {
  async function invoke(request: InvokeRequest): Promise<InvokeAccepted | InvokeFinished> {
    const { waitMs } = request;
    checkFinal(request.action.document, request.payload);
    const message = createMessage(request, limits);
    const { activationId } = message;
    if (waitMs === undefined) {
      await balancer.accept(withTrying(message, request.action.document));
      return { type: "accepted", activationId };
    }
    const finished = await balancer.run(message, waitMs);
    if (finished === undefined) return { type: "accepted", activationId };
    const { statusCode, outcome } = finished;
    const { record, result } = outcome;
    return { type: "finished", activationId, statusCode, record, result };
  }

  return { invoke, inFlight: (namespaceUuid) => balancer.inFlight(namespaceUuid) };
}

/** Whoever waits for the end hears of a failure, and may try again. */
function withTrying(message: NewActivation, { annotations }: Action): NewActivation {
  const policy = readRetryPolicy(annotations);
  if (policy === undefined) return message;
  return { ...message, trying: { policy, attempt: 1, first: message.activationId } };
}
