// Bodies of requests: read whole, each within its bound, and all that are worked on within one.

import type { IncomingMessage } from "node:http";
import { type BriskError, failure } from "../kernel/errors.ts";
import { LARGE_TEXT_LENGTH } from "../kernel/large-text.ts";
import { MB } from "../kernel/units.ts";
import { BodyPace } from "./body-pace.ts";
import { BODY_PARSERS, type BodyName, type BodyRules, type ParsedBodies } from "./body-parsers.ts";
import { type BodyRoom, SMALL_BODY_BYTES } from "./body-room.ts";
import { BodyThread } from "./body-thread.ts";
import type { Exchange } from "./http.ts";

export interface BodyOptions {
  readonly bytesMax: number;
  /** What is said to be too large. */
  readonly field?: string;
}

/** The server's bound on any body (rest-api specification, 1.1). */
const PUT_OPTIONS = { bytesMax: 50 * MB };
const JSON_TYPE = "application/json";

type Pieces = readonly Buffer<ArrayBuffer>[];

const NO_PIECES: Pieces = [];
const NOTHING = Buffer.alloc(0);

export class Bodies {
  readonly #room: BodyRoom;
  readonly #pace = new BodyPace();
  readonly #thread = new BodyThread();

  constructor(room: BodyRoom) {
    this.#room = room;
  }

  /**
   * The body's text. Rejects with `content-type-unsupported` where it is labelled as something else
   * than JSON, `too-large` beyond its bound, `bodies-full` where there is no room for it in time: then
   * nothing of it is kept. What is kept has its room until that is freed.
   */
  async read(exchange: Exchange, options: BodyOptions): Promise<string> {
    checkAnnounced(exchange.request, options);
    checkLabel(exchange.request);
    const pieces = await this.#collect(exchange, options);
    checkLabelled(exchange.request, pieces);
    return concat(pieces).toString();
  }

  /** What the body of a PUT says; a large one is read on a thread of its own. Rejects as `read`, and as the parser throws. */
  async parse<Name extends BodyName>(
    exchange: Exchange,
    name: Name,
    rules: BodyRules[Name],
  ): Promise<ParsedBodies[Name]> {
    checkAnnounced(exchange.request, PUT_OPTIONS);
    checkLabel(exchange.request);
    const pieces = await this.#collect(exchange, PUT_OPTIONS);
    checkLabelled(exchange.request, pieces);
    if (toLength(pieces) < LARGE_TEXT_LENGTH)
      return BODY_PARSERS[name](concat(pieces).toString(), rules);
    return this.#thread.parse(exchange.owner, { name, rules, pieces: pieces.map(toOwn) });
  }

  /** The body's bytes, whatever they are labelled as; otherwise as `read`. */
  async readBytes(exchange: Exchange, options: BodyOptions): Promise<Buffer> {
    checkAnnounced(exchange.request, options);
    return concat(await this.#collect(exchange, options));
  }

  async #collect(exchange: Exchange, options: BodyOptions): Promise<Pieces> {
    // A small body comes along with its headers: it has been read when their handler has returned.
    await undefined;
    const { request } = exchange;
    if (
      isAllHere(request) &&
      request.readableLength <= Math.min(SMALL_BODY_BYTES, options.bytesMax)
    ) {
      const only = request.read() as Buffer<ArrayBuffer> | null;
      return only === null ? NO_PIECES : [only];
    }
    const announced = toAnnounced(request);
    if (announced > SMALL_BODY_BYTES) {
      await this.#room.take(exchange, announced);
      // It may have gone while it waited, and would not say so again.
      if (request.destroyed) throw failure("request-aborted");
    }
    return this.#gather(exchange, options);
  }

  #gather(exchange: Exchange, options: BodyOptions): Promise<Pieces> {
    const { request } = exchange;
    return new Promise((resolve, reject) => {
      let chunks: Buffer<ArrayBuffer>[] | undefined = [];
      let length = 0;
      let isCounted = this.#room.has(exchange);
      const refuse = (cause: BriskError) => {
        if (chunks === undefined) return;
        chunks = undefined;
        this.#room.free(exchange);
        reject(cause);
      };
      request.on("data", (chunk: Buffer<ArrayBuffer>) => {
        length += chunk.length;
        if (length > options.bytesMax) refuse(tooLarge(length, options));
        else chunks?.push(chunk);
        if (length > SMALL_BODY_BYTES && chunks !== undefined && !isCounted) {
          // How long it will be was not said.
          isCounted = true;
          request.pause();
          this.#room
            .take(exchange, options.bytesMax)
            .then(() => {
              // It may have gone while it waited, and been answered.
              if (chunks === undefined) this.#room.free(exchange);
            }, refuse)
            .finally(() => request.resume());
        } else this.#pace.took(request, chunk.length);
      });
      request.on("end", () => {
        if (chunks !== undefined) resolve(chunks);
        chunks = undefined;
      });
      request.on("error", (cause) => refuse(failure("request-aborted", undefined, cause)));
    });
  }

  /** Takes what nobody is going to read any more, at the pace of all. */
  drop(request: IncomingMessage): void {
    if (request.listenerCount("data") > 0) return;
    request.on("data", (chunk: Buffer) => this.#pace.took(request, chunk.length));
  }

  close(): void {
    this.#thread.close();
  }
}

function concat(pieces: Pieces): Buffer {
  return pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] ?? NOTHING);
}

function toLength(pieces: Pieces): number {
  return pieces.reduce((length, piece) => length + piece.length, 0);
}

/** What is moved to another thread may share its memory with nothing else. */
function toOwn(piece: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return piece.length === piece.buffer.byteLength ? piece : Uint8Array.from(piece);
}

/** Node says that a request is complete only after what waits for its body's last piece has gone on. */
function isAllHere(request: IncomingMessage): boolean {
  const { complete, readableLength, headers } = request;
  if (complete) return true;
  return headers["transfer-encoding"] === undefined && readableLength === toAnnounced(request);
}

function toAnnounced({ headers }: IncomingMessage): number {
  return Number(headers["content-length"] ?? 0);
}

/** Throws `too-large` where already the length that the request announces is. */
export function checkAnnounced(request: IncomingMessage, options: BodyOptions): void {
  const announced = toAnnounced(request);
  if (announced > options.bytesMax) throw tooLarge(announced, options);
}

/** Throws `content-type-unsupported`. */
function checkLabel({ headers }: IncomingMessage): void {
  const type = headers["content-type"];
  if (type !== undefined && !isJsonType(type)) {
    throw failure("content-type-unsupported", { is: type });
  }
}

/** Only what is empty needs no label. */
function checkLabelled({ headers }: IncomingMessage, pieces: Pieces): void {
  if (pieces.length > 0 && headers["content-type"] === undefined) {
    throw failure("content-type-unsupported", { is: "none" });
  }
}

function isJsonType(type: string): boolean {
  return type === JSON_TYPE || type.split(";", 1)[0]?.trim().toLowerCase() === JSON_TYPE;
}

function tooLarge(is: number, { bytesMax, field = "Request" }: BodyOptions): BriskError {
  return failure("too-large", { field, is, allowed: bytesMax });
}
