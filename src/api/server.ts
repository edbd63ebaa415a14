// The API's servers: every request gets its transaction id, its route, its identity and its one reply.
//
// On bare node:http, not on a framework: Fastify takes 110 ms to load, and every status, text and
// header below is OpenWhisk's own, which a framework's defaults would have to be talked out of.

import { rmSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Identity } from "../entities/subject.ts";
import type { Authenticator } from "../entitlement/authenticator.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, type ErrorCode, failure } from "../kernel/errors.ts";
import { createTransactionId, type TransactionId } from "../kernel/ids.ts";
import { MB, SECOND_MS } from "../kernel/units.ts";
import type { Log } from "../telemetry/log.ts";
import { Answers } from "./answers.ts";
import { Bodies } from "./bodies.ts";
import { BodyRoom } from "./body-room.ts";
import {
  type BareReply,
  type Call,
  type Exchange,
  hasBody,
  JSON_TYPE,
  json,
  type Reply,
  type StreamReply,
  send,
  sendStream,
  toErrorReply,
} from "./http.ts";
import { OPTIONS_OK, PONG } from "./info.ts";
import { answerInvokers, type InvokerStates } from "./invokers.ts";
import { accepts } from "./media-types.ts";
import { toLength } from "./portions.ts";
import { checkHttp, HEADERS_BYTES_MAX, refuseClient, refuseTunnel } from "./protocol.ts";
import {
  createRouter,
  type Match,
  type Route,
  type Router,
  type Subtree,
  type SubtreeReply,
} from "./routes.ts";
import { findMatch, type Target, Targets } from "./targets.ts";
import type { Viewer } from "./viewer.ts";

/** Imported, the module would also load its WebSocket client: 30 ms and 8 MB that nothing here uses. */
const { createServer } = process.getBuiltinModule("node:http");

export interface ApiOptions {
  readonly routes: readonly Route[];
  readonly subtrees: readonly Subtree[];
  readonly authenticator: Authenticator;
  readonly systemInfo: Reply;
  readonly apiInfo: Reply;
  /** Of the API, or of what there is beside it; made when it is first asked for. */
  readonly openApi: (of: "api" | "outside") => Promise<object>;
  /** Loaded when it is first asked for. */
  readonly viewer: () => Promise<Viewer>;
  readonly invokers: InvokerStates;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Api {
  /** The URL that is listened on. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  listenSocket(path: string): Promise<void>;
  /** From here on nothing new is taken: it is answered with `stopping`. */
  refuse(): void;
  /** Resolves when every connection is closed: by itself in that time, in ms, or then by force. May be called twice. */
  close(waitMs: number): Promise<void>;
}

/** As in OpenWhisk (rest-api specification, 1.1). */
const IDLE_MS = 70 * SECOND_MS;
/**
 * Of requests and answers: two of the largest for one tenant, one for the next. The one that is read, and
 * what answers are made of, take some more.
 */
const ROOM_BYTES_MAX = 256 * MB;
const ROOM_WAIT_MS = 60 * SECOND_MS;
const PREFIX = "/api/v1";
/** Reserved for the platform's own transactions. */
const SYSTEM_PREFIX = "sid_";

export function createApi(options: ApiOptions): Api {
  return new HttpApi(options);
}

class HttpApi implements Api {
  readonly #options: ApiOptions;
  readonly #router: Router;
  readonly #subtrees: ReadonlyMap<string, Subtree>;
  readonly #servers: Server[] = [];
  readonly #room = new BodyRoom({ bytesMax: ROOM_BYTES_MAX, waitMs: ROOM_WAIT_MS });
  readonly #bodies = new Bodies(this.#room);
  readonly #answers = new Answers(this.#room);
  readonly #targets = new Targets(PREFIX);
  /** Connections on which a request's body is still to come, and its answer is gone. */
  readonly #answeredEarly = new WeakSet<Socket>();
  readonly #documents = new Map<"api" | "outside", Promise<Reply>>();
  #refusing = false;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#router = createRouter(options.routes);
    this.#subtrees = new Map(options.subtrees.map((subtree) => [subtree.segment, subtree]));
  }

  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
    const server = this.#createServer();
    await listening(server, (done) => server.listen({ host, port }, done));
    const address = server.address() as AddressInfo;
    const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return `http://${name}:${address.port}`;
  }

  async listenSocket(path: string): Promise<void> {
    // A process that was killed leaves its socket behind.
    rmSync(path, { force: true });
    const server = this.#createServer();
    await listening(server, (done) => server.listen({ path, writableAll: true }, done));
  }

  #createServer(): Server {
    const settings = {
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
      noDelay: true,
      // Node would answer it without a body; it is asked for in `#dispatch`.
      requireHostHeader: false,
    };
    const take = (request: IncomingMessage, response: ServerResponse) =>
      this.#take(request, response);
    const server = createServer(settings, take);
    // Without listeners Node answers the first of these without a body, and the second not at all.
    server.on("checkExpectation", take);
    server.on("connect", (_, socket) => refuseTunnel(socket as Socket));
    server.on("clientError", (cause, socket) => this.#refuse(cause, socket as Socket));
    this.#servers.push(server);
    return server;
  }

  #refuse(cause: NodeJS.ErrnoException, socket: Socket): void {
    // A second answer to one request would be taken for the next one's.
    if (this.#answeredEarly.has(socket)) socket.destroy();
    else refuseClient(cause, socket);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const transactionId = toTransactionId(request.headers["x-request-id"]);
    const exchange: Exchange = { request, response, owner: "" };
    const answer = (reply: Reply | BareReply | StreamReply) => {
      const isStream = "stream" in reply;
      if (response.destroyed) {
        this.#room.free(exchange);
        if (isStream) reply.stream.destroy();
        return;
      }
      if (!request.complete && hasBody(request)) {
        this.#answeredEarly.add(request.socket);
        this.#bodies.drop(request);
        request.once("end", () => this.#answeredEarly.delete(request.socket));
      }
      if (isStream) {
        this.#room.free(exchange);
        sendStream(exchange, reply, transactionId);
      } else if (this.#answers.hold(exchange, lengthOf(reply))) {
        send(exchange, reply, transactionId);
      } else send(exchange, this.#toFull(transactionId), transactionId);
      const { log } = this.#options;
      if (log.isLevelEnabled("debug")) {
        const { method, url } = request;
        log.debug({ transactionId, method, url, status: reply.status }, "request answered");
      }
    };
    const fail = (cause: unknown) =>
      answer(toErrorReply(this.#toFailure(cause, transactionId), transactionId));
    try {
      const reply = this.#dispatch(exchange, transactionId);
      if (reply instanceof Promise) reply.then(answer, fail);
      else answer(reply);
    } catch (cause) {
      fail(cause);
    }
  }

  #dispatch(exchange: Exchange, transactionId: TransactionId): Dispatched {
    const { request } = exchange;
    const { method = "" } = request;
    checkHttp(request);
    const target = this.#targets.read(request.url ?? "/");
    const { path, segments, query, queryText } = target;
    if (segments === undefined) return this.#answerOutside(method, path);
    const call = {
      exchange,
      request,
      bodies: this.#bodies,
      answers: this.#answers,
      segments,
      query,
      queryText,
      transactionId,
      receivedAt: this.#options.clock(),
    };
    const entered = this.#enter(call);
    if (entered !== undefined) return entered;
    if (method === "OPTIONS") return OPTIONS_OK;
    const known = this.#answerOpen(method, path.slice(PREFIX.length));
    return known ?? this.#follow(method, target, call);
  }

  #enter(call: Call): SubtreeReply | undefined {
    const subtree = this.#subtrees.get(call.segments[0] ?? "");
    if (subtree === undefined) return undefined;
    if (this.#refusing) throw failure("stopping");
    return subtree.handle(call, (cause) => this.#toFailure(cause, call.transactionId));
  }

  /** What only callers with a key are answered, also that there is nothing. */
  #follow(method: string, target: Target, call: Call): Dispatched {
    if (this.#refusing && method !== "GET") throw failure("stopping");
    const match = findMatch(this.#router, method, target);
    const { headers } = call.request;
    const answer = (identity: Identity) => {
      if (match === undefined) throw failure("method-or-path-unknown");
      call.exchange.owner = identity.namespace.uuid;
      const handle = isTaken(match, headers.accept) ? handleMatch : handleUnacceptable;
      return handle(match, call, identity);
    };
    const identity = this.#options.authenticator.authenticate(headers.authorization);
    return identity instanceof Promise ? identity.then(answer) : answer(identity);
  }

  #answerOutside(method: string, path: string): Reply | Promise<Reply> {
    if (path === PREFIX && method === "OPTIONS") return OPTIONS_OK;
    if (method === "GET") {
      if (path === "/") return this.#options.systemInfo;
      if (path === "/ping") return PONG;
      if (path === PREFIX) return this.#options.apiInfo;
      if (API_DOCS.test(path)) return this.#answerOpenApi("outside");
      if (DOCS.test(path)) return this.#answerDocs({ prefix: "", path });
      const known = answerInvokers(path, this.#options.invokers);
      if (known !== undefined) return known;
    }
    throw failure("method-or-path-unknown");
  }

  async #answerDocs(asked: { readonly prefix: string; readonly path: string }): Promise<Reply> {
    const viewer = await this.#options.viewer();
    return viewer.answer(asked);
  }

  #answerOpen(method: string, path: string): Reply | Promise<Reply> | undefined {
    if (method !== "GET") return undefined;
    if (path === "/") return this.#options.apiInfo;
    if (DOCS.test(path)) return this.#answerDocs({ prefix: PREFIX, path });
    return API_DOCS.test(path) ? this.#answerOpenApi("api") : undefined;
  }

  /** Made once: it takes milliseconds, and anybody may ask. */
  #answerOpenApi(of: "api" | "outside"): Promise<Reply> {
    let made = this.#documents.get(of);
    if (made === undefined) {
      made = this.#options.openApi(of).then((document) => json(document));
      this.#documents.set(of, made);
      made.catch(() => this.#documents.delete(of));
    }
    return made;
  }

  #toFull(transactionId: TransactionId): Reply {
    const cause = failure("answers-full", { allowed: this.#room.allowed });
    return toErrorReply(this.#toFailure(cause, transactionId), transactionId);
  }

  /** What the caller is told; what is not the caller's fault is logged with its cause. */
  #toFailure(cause: unknown, transactionId: TransactionId): BriskError {
    const { log } = this.#options;
    if (!(cause instanceof BriskError)) {
      log.error({ err: cause, transactionId }, "request met a fault");
      return failure("server-fault");
    }
    // A verb that nobody knows is the client's doing, whatever its number says.
    const isOurs = cause.status >= 500 && cause.status !== 501;
    // What is refused for want of room, or because it stops, is no fault: others may bring about many of them.
    if (REFUSALS.has(cause.code)) log.warn({ code: cause.code, transactionId }, "request refused");
    else if (isOurs) log.error({ err: cause, transactionId }, "request failed");
    return cause;
  }

  refuse(): void {
    this.#refusing = true;
  }

  async close(waitMs: number): Promise<void> {
    const force = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, waitMs);
    await Promise.all(this.#servers.map(closed));
    clearTimeout(force);
    this.#bodies.close();
  }
}

type Dispatched = Promise<Reply | BareReply | StreamReply> | Reply;

function lengthOf(reply: Reply | BareReply): number {
  return toLength("body" in reply ? reply.body : reply.text);
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  "answers-full",
  "bodies-full",
  "bus-full",
  "stopping",
  "store-full",
]);

const DOCS = /^\/docs(\/|$)/;
const API_DOCS = /^\/api-docs\/?$/;

function toTransactionId(given: string | string[] | undefined): TransactionId {
  return typeof given === "string" && given !== "" && !given.startsWith(SYSTEM_PREFIX)
    ? (given as TransactionId)
    : createTransactionId();
}

/** Clients ask for JSON also where the answer is none. */
function isTaken({ route }: Match, accept: string | undefined): boolean {
  if (accept === undefined || accept === JSON_TYPE || accepts(accept, JSON_TYPE)) return true;
  return route.answerType !== undefined && accepts(accept, route.answerType);
}

function handleMatch({ route, parameters }: Match, call: Call, identity: Identity) {
  return route.handle(call, parameters, identity);
}

/**
 * An answer that the client does not take becomes a refusal; errors are sent all the same. What would
 * change something is refused before it does.
 */
async function handleUnacceptable(match: Match, call: Call, identity: Identity): Promise<Reply> {
  if (match.route.method === "GET") await handleMatch(match, call, identity);
  throw failure("not-acceptable", { type: match.route.answerType ?? JSON_TYPE });
}

function listening(server: Server, listen: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    listen(() => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    server.close((cause) => (cause === undefined ? resolve() : reject(cause)));
    server.closeIdleConnections();
  });
}
