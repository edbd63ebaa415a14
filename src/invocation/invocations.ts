// What invoking an action means: the work handed to the balancer as a message, and the end waited for
// where somebody asks.

import type { Balancer } from "../balancer/balancer.ts";
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
      await balancer.accept(message);
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
