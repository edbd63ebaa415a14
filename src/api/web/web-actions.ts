// `/web/NS/PACKAGE/NAME…`: actions that anybody's browser may call. They run as the namespace in the
// path, whoever calls; they see the request, and their results become responses. Here is the order of
// the checks (web-action specification, 1.3), which says what a stranger can learn.

import { toPayloadBytesMax } from "../../entities/limit-rules.ts";
import type { SystemLimits } from "../../entities/limits.ts";
import type { QualifiedName } from "../../entities/names.ts";
import type { Identity } from "../../entities/subject.ts";
import type { Authenticator } from "../../entitlement/authenticator.ts";
import type { Throttles } from "../../entitlement/throttles.ts";
import type {
  Invocations,
  InvokeAccepted,
  InvokeFinished,
  InvokeStreaming,
} from "../../invocation/port.ts";
import { BriskError, failure } from "../../kernel/errors.ts";
import type { RawJson } from "../../kernel/json.ts";
import { pickMembers } from "../../kernel/json-text.ts";
import type { ActionRegistry } from "../../registry/actions.ts";
import type { FoundAction } from "../../registry/remembered-actions.ts";
import { checkAnnounced } from "../bodies.ts";
import {
  ACTIVATION_HEADER,
  type BareReply,
  type Call,
  hasBody,
  type StreamReply,
} from "../http.ts";
import { accepts } from "../media-types.ts";
import type { Subtree, SubtreeReply } from "../routes.ts";
import { parseWebAddress, type WebAddress } from "./address.ts";
import { meetsRequirement, readWebAnnotations, type WebAnnotations } from "./annotations.ts";
import { isReserved, toArguments } from "./arguments.ts";
import { WEB_DESCRIPTIONS, WEB_METHODS } from "./descriptions.ts";
import { toCorsHeaders, toWebErrorReply, toWebHead, toWebReply } from "./replies.ts";
import {
  toStreamHead,
  toWebResponse,
  type WebResponse,
  type WebResponseHead,
} from "./responses.ts";

export interface WebActionOptions {
  readonly registry: ActionRegistry;
  readonly authenticator: Authenticator;
  readonly throttles: Throttles;
  readonly invocations: Invocations;
  readonly limits: SystemLimits;
}

export function createWebActions(options: WebActionOptions): Subtree {
  return new WebActions(options);
}

/** What a request is for, and whom it comes from. */
interface Target {
  readonly address: WebAddress;
  /** The namespace's own identity, as which the action runs. */
  readonly owner: Identity;
  readonly action: FoundAction;
  readonly annotations: WebAnnotations;
  readonly caller: Identity | undefined;
  readonly bytesMax: number;
}

const NO_BODY = Buffer.alloc(0);

class WebActions implements Subtree {
  readonly segment = "web";
  readonly descriptions = WEB_DESCRIPTIONS;
  readonly #options: WebActionOptions;

  constructor(options: WebActionOptions) {
    this.#options = options;
  }

  handle(call: Call, toFailure: (cause: unknown) => BriskError): SubtreeReply | undefined {
    const address = parseWebAddress(call.segments.slice(1));
    if (address === undefined) return undefined;
    // What every answer carries from where the request has come to.
    const headers: string[] = [];
    return this.#serve(call, address, headers).catch((cause) =>
      toWebErrorReply(toFailure(cause), { headers, transactionId: call.transactionId }),
    );
  }

  async #serve(call: Call, address: WebAddress, headers: string[]): SubtreeReply {
    const { request } = call;
    checkMethod(request.method);
    const target = await this.#find(call, address);
    const { hasOwnOptions } = target.annotations;
    if (!hasOwnOptions) headers.push(...toCorsHeaders(request));
    const isOptions = request.method === "OPTIONS";
    if (isOptions && !hasOwnOptions) return { status: 200, headers, body: "" };
    // A browser asks without credentials what it may send with them.
    if (!isOptions) checkRequirement(call, target);
    const outcome = await this.#run(call, target);
    headers.push(ACTIVATION_HEADER, outcome.activationId);
    if (outcome.type === "streaming") return toStreamReply(outcome.stream, call, headers);
    const response = toWebResponse(toResult(outcome), address.extension);
    checkAcceptable(response, request.headers.accept);
    return toWebReply(response, headers);
  }

  async #find(call: Call, address: WebAddress): Promise<Target> {
    const { authenticator, throttles, limits } = this.#options;
    const caller = await this.#identify(call.request.headers.authorization);
    const owner = await authenticator.findOwner(address.name.namespace);
    if (owner === undefined) throw failure("resource-missing");
    call.exchange.owner = owner.namespace.uuid;
    const { action, annotations } = await this.#findAction(address.name, owner);
    if (!annotations.isExported) throw failure("resource-missing");
    throttles.admit(owner);
    const bytesMax = toPayloadBytesMax(limits, owner.limits);
    checkAnnounced(call.request, { bytesMax });
    return { address, owner, action, annotations, caller, bytesMax };
  }

  /** Credentials that are wrong are as good as none. */
  async #identify(authorization: string | undefined): Promise<Identity | undefined> {
    if (authorization === undefined) return undefined;
    try {
      return await this.#options.authenticator.authenticate(authorization);
    } catch (cause) {
      if (cause instanceof BriskError && cause.status === 401) return undefined;
      throw cause;
    }
  }

  /** Something else of this name is as good as nothing. */
  async #findAction(
    name: QualifiedName,
    owner: Identity,
  ): Promise<Pick<Target, "action" | "annotations">> {
    const { registry } = this.#options;
    try {
      const current = await registry.find(name, owner);
      const action = await registry.findToRun(name, owner);
      return { action, annotations: chooseAnnotations(current, action) };
    } catch (cause) {
      if (cause instanceof BriskError && [404, 409].includes(cause.status)) {
        throw failure("resource-missing", undefined, cause);
      }
      // It is there: who is refused it has come as far as the rate, and counts.
      if (cause instanceof BriskError && cause.status === 403) this.#options.throttles.admit(owner);
      throw cause;
    }
  }

  async #run(call: Call, target: Target): ReturnType<Invocations["invokeStreaming"]> {
    const { invocations, throttles, limits } = this.#options;
    const { address, owner, action, annotations, caller, bytesMax } = target;
    const { request, bodies, queryText } = call;
    const body = hasBody(request) ? await bodies.readBytes(call.exchange, { bytesMax }) : NO_BODY;
    const user = caller?.namespace.name;
    const payload = toArguments(
      {
        method: request.method ?? "",
        rawHeaders: request.rawHeaders,
        queryText,
        body,
        path: address.path,
        ...(user === undefined ? {} : { user }),
      },
      { action: action.document, annotations },
    );
    const invocation = {
      identity: owner,
      action: withoutReserved(action),
      payload,
      waitMs: limits.blockingWaitMsMax,
      transaction: [call.transactionId, call.receivedAt],
    } as const;
    throttles.checkInFlight(owner);
    // Under the other extensions a response is made of the whole result.
    return address.extension === "http"
      ? invocations.invokeStreaming(invocation)
      : invocations.invoke(invocation);
  }
}

/** Who may call is for the current version to say, whichever runs; in what form, for the one that runs. */
function chooseAnnotations(current: FoundAction, action: FoundAction): WebAnnotations {
  const { isExported, requirement } = readWebAnnotations(current.document);
  const { isRaw, hasOwnOptions, isFinal } = readWebAnnotations(action.document);
  const form = { isRaw, hasOwnOptions, isFinal };
  return { ...form, isExported, ...(requirement === undefined ? {} : { requirement }) };
}

function checkMethod(method = ""): void {
  if (WEB_METHODS.some((known) => known === method)) return;
  if (method !== "TRACE" && method !== "CONNECT") throw failure("method-unsupported");
  throw failure("method-not-allowed", { allowed: WEB_METHODS.join(", ") });
}

function checkRequirement({ request }: Call, { annotations, caller }: Target): void {
  const secret = request.headers["x-require-whisk-auth"];
  const isMet = meetsRequirement(annotations, {
    isAuthenticated: caller !== undefined,
    secret: typeof secret === "string" ? secret : undefined,
  });
  if (!isMet) throw failure("authentication-required");
}

/** A parameter with a reserved name, also a final one, gives way to what the request came with. */
function withoutReserved(action: FoundAction): FoundAction {
  const { document } = action;
  if (!document.parameters.some(({ key }) => isReserved(key))) return action;
  const parameters = document.parameters.filter(({ key }) => !isReserved(key));
  return { ...action, document: { ...document, parameters } };
}

/** What becomes the response: of an application's error, what stands behind `error`. */
function toResult(outcome: InvokeAccepted | InvokeFinished): RawJson {
  if (outcome.type === "accepted") throw failure("response-not-ready");
  const { statusCode, result } = outcome;
  if (statusCode === 0) return result;
  if (statusCode === 1) return pickMembers(result, ["error"]).get("error") ?? result;
  throw failure("run-failed");
}

function toStreamReply(
  { head, body }: InvokeStreaming["stream"],
  { request }: Call,
  headers: readonly string[],
): StreamReply | BareReply {
  try {
    const response = toStreamHead(head);
    checkAcceptable(response, request.headers.accept);
    const reply = toWebHead(response, headers);
    if (response.contentType !== undefined) return { ...reply, stream: body };
    body.destroy();
    return { ...reply, body: "" };
  } catch (cause) {
    body.destroy();
    throw cause;
  }
}

function checkAcceptable(
  { status, contentType, body }: WebResponseHead & Partial<WebResponse>,
  accept: string | undefined,
): void {
  if (contentType === undefined || body?.length === 0 || status >= 400) return;
  const [name = ""] = contentType.split(";");
  if (!accepts(accept, name)) throw failure("not-acceptable", { type: contentType });
}
