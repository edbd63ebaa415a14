// Bodies of requests: read whole, each within its bound, and all that are worked on within one.

import type { IncomingMessage } from "node:http";
import { type BriskError, failure } from "../kernel/errors.ts";
import { LARGE_TEXT_LENGTH } from "../kernel/large-text.ts";
import { KB, MB } from "../kernel/units.ts";
import { BodyPace } from "./body-pace.ts";
import { BODY_PARSERS, type BodyName, type BodyRules, type ParsedBodies } from "./body-parsers.ts";
import { BodyRoom, type RoomOptions } from "./body-room.ts";
import { BodyThread } from "./body-thread.ts";

export interface BodyOptions {
  readonly bytesMax: number;
  /** What is said to be too large. */
  readonly field?: string;
  /** Whose room it takes. */
  readonly owner?: string;
}

export interface ParseOptions<Name extends BodyName> {
  readonly name: Name;
  readonly rules: BodyRules[Name];
  readonly owner: string;
}

/** The server's bound on any body (rest-api specification, 1.1). */
const BODY_BYTES_MAX: number = 50 * MB;
const JSON_TYPE = "application/json";
/** Up to here a body costs about what its connection does, and is not counted. */
const SMALL_BYTES = 64 * KB;
const NOTHING = Buffer.alloc(0);

type Pieces = readonly Buffer<ArrayBuffer>[];

export class Bodies {
  readonly #room: BodyRoom;
  readonly #pace = new BodyPace();
  readonly #thread = new BodyThread();

  constructor(room: RoomOptions) {
    this.#room = new BodyRoom(room);
  }

  /**
   * The body's text. Rejects with `content-type-unsupported` where it is labelled as something else
   * than JSON, `too-large` beyond its bound, `bodies-full` where there is no room for it in time: then
   * nothing of it is kept. What is kept counts until `free`.
   */
  async read(request: IncomingMessage, options: BodyOptions): Promise<string> {
    return concat(await this.#readJson(request, options)).toString();
  }

  /** What the body of a PUT says; a large one is read on a thread of its own. Rejects as `read`, and as the parser throws. */
  async parse<Name extends BodyName>(
    request: IncomingMessage,
    { name, rules, owner }: ParseOptions<Name>,
  ): Promise<ParsedBodies[Name]> {
    const pieces = await this.#readJson(request, { bytesMax: BODY_BYTES_MAX, owner });
    if (toLength(pieces) >= LARGE_TEXT_LENGTH)
      return this.#thread.parse(owner, { name, rules, pieces: pieces.map(toOwn) });
    return BODY_PARSERS[name](concat(pieces).toString(), rules);
  }

  /** The body's bytes, whatever they are labelled as; otherwise as `read`. */
  async readBytes(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
    checkAnnounced(request, options);
    return concat(await this.#collect(request, options));
  }

  async #readJson(request: IncomingMessage, options: BodyOptions): Promise<Pieces> {
    checkAnnounced(request, options);
    const type = request.headers["content-type"];
    if (type !== undefined && !isJsonType(type)) {
      throw failure("content-type-unsupported", { is: type });
    }
    const pieces = await this.#collect(request, options);
    if (pieces.length > 0 && type === undefined) {
      throw failure("content-type-unsupported", { is: "none" });
    }
    return pieces;
  }

  async #collect(request: IncomingMessage, options: BodyOptions): Promise<Pieces> {
    // A small body comes along with its headers: it has been read when their handler has returned.
    await undefined;
    const { complete, readableLength } = request;
    if (complete && readableLength <= Math.min(SMALL_BYTES, options.bytesMax)) {
      const only = request.read() as Buffer<ArrayBuffer> | null;
      return only === null ? [] : [only];
    }
    const announced = Number(request.headers["content-length"] ?? 0);
    if (announced > SMALL_BYTES) {
      await this.#enter(request, options, announced);
      // It may have gone while it waited, and would not say so again.
      if (request.destroyed) throw failure("request-aborted");
    }
    return this.#gather(request, options);
  }

  #enter(request: IncomingMessage, { owner }: BodyOptions, bytes: number): Promise<void> {
    return this.#room.take(request, { bytes, owner });
  }

  #gather(request: IncomingMessage, options: BodyOptions): Promise<Pieces> {
    return new Promise((resolve, reject) => {
      let chunks: Buffer<ArrayBuffer>[] | undefined = [];
      let length = 0;
      let isCounted = this.#room.has(request);
      const refuse = (cause: BriskError) => {
        if (chunks === undefined) return;
        chunks = undefined;
        this.free(request);
        reject(cause);
      };
      request.on("data", (chunk: Buffer<ArrayBuffer>) => {
        length += chunk.length;
        if (length > options.bytesMax) refuse(tooLarge(length, options));
        else chunks?.push(chunk);
        if (length > SMALL_BYTES && chunks !== undefined && !isCounted) {
          // How long it will be was not said.
          isCounted = true;
          request.pause();
          this.#enter(request, options, options.bytesMax)
            .then(() => {
              // It may have gone while it waited, and been answered.
              if (chunks === undefined) this.free(request);
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

  /** Room for an answer that is as large, from before it is read until `free`. Rejects with `bodies-full`. */
  async makeRoom(request: IncomingMessage, bytes: number, owner: string): Promise<void> {
    if (bytes > SMALL_BYTES) await this.#room.take(request, { bytes, owner });
  }

  holds(request: IncomingMessage): boolean {
    return this.#room.has(request);
  }

  /** For every request that is answered. */
  free(request: IncomingMessage): void {
    this.#room.free(request);
  }

  close(): void {
    this.#thread.close();
  }
}

function concat(pieces: Pieces): Buffer {
  const [only = NOTHING] = pieces;
  return pieces.length > 1 ? Buffer.concat(pieces) : only;
}

function toLength(pieces: Pieces): number {
  return pieces.reduce((length, piece) => length + piece.length, 0);
}

/** What is moved to another thread may share its memory with nothing else. */
function toOwn(piece: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return piece.length === piece.buffer.byteLength ? piece : Uint8Array.from(piece);
}

/** Throws `too-large` where already the length that the request announces is. */
export function checkAnnounced({ headers }: IncomingMessage, options: BodyOptions): void {
  const announced = Number(headers["content-length"] ?? 0);
  if (announced > options.bytesMax) throw tooLarge(announced, options);
}

function isJsonType(type: string): boolean {
  return type === JSON_TYPE || type.split(";", 1)[0]?.trim().toLowerCase() === JSON_TYPE;
}

function tooLarge(is: number, { bytesMax, field = "Request" }: BodyOptions): BriskError {
  return failure("too-large", { field, is, allowed: bytesMax });
}
