// What invoking an action means: the work handed to the balancer as a message, and the end waited for
// where somebody asks.

import type { Balancer, Finished } from "../balancer/balancer.ts";
import { readRetryPolicy, withoutDeadLetter } from "../entities/retry-policy.ts";
import type { NewActivation } from "../messages/activation-message.ts";
import type { Streams } from "../streams/port.ts";
import { type ArgumentLimits, createMessage } from "./messages.ts";
import { checkFinal } from "./parameters.ts";
import type { Invocations, InvokeAccepted, InvokeFinished, InvokeRequest } from "./port.ts";

export interface InvocationsOptions {
  readonly balancer: Balancer;
  readonly streams: Pick<Streams, "await">;
  readonly limits: ArgumentLimits;
}

export function createInvocations({ balancer, streams, limits }: InvocationsOptions): Invocations {
  async function invoke(request: InvokeRequest): Promise<InvokeAccepted | InvokeFinished> {
    const { waitMs } = request;
    checkFinal(request.action.document, request.payload);
    const message = createMessage(request, limits);
    const { activationId } = message;
    if (waitMs !== undefined) return toInvoked(message, await balancer.run(message, waitMs));
    await balancer.accept(withTrying(message, request));
    return { type: "accepted", activationId };
  }

  async function invokeStreaming(request: InvokeRequest & { readonly waitMs: number }) {
    checkFinal(request.action.document, request.payload);
    const message = createMessage(request, limits);
    const { activationId } = message;
    using awaited = streams.await(activationId);
    const ended = balancer.run(message, request.waitMs);
    // It streams from here on, or has ended, or is not waited for any more.
    const first = await Promise.race([awaited.begun, ended]);
    if (first === undefined || "outcome" in first) return toInvoked(message, first);
    return { type: "streaming", activationId, stream: first } as const;
  }

  const inFlight = (namespaceUuid: string) => balancer.inFlight(namespaceUuid);
  return { invoke, invokeStreaming, inFlight };
}

function toInvoked(
  { activationId }: NewActivation,
  finished: Finished | undefined,
): InvokeAccepted | InvokeFinished {
  if (finished === undefined) return { type: "accepted", activationId };
  const { statusCode, outcome } = finished;
  const { record, result } = outcome;
  return { type: "finished", activationId, statusCode, record, result };
}

/** Whoever waits for the end hears of a failure, and may try again. */
function withTrying(
  message: NewActivation,
  { action, isLastWord }: Pick<InvokeRequest, "action" | "isLastWord">,
): NewActivation {
  const asked = readRetryPolicy(action.document.annotations);
  const policy = isLastWord === true && asked !== undefined ? withoutDeadLetter(asked) : asked;
  if (policy === undefined) return message;
  return { ...message, trying: { policy, attempt: 1, first: message.activationId } };
}
