// Bodies of requests: read whole, each within its bound, and all that are worked on within one.

import type { IncomingMessage } from "node:http";
import { type BriskError, failure } from "../kernel/errors.ts";
import { KB, MB } from "../kernel/units.ts";
import type { OwnedShares } from "./owned-shares.ts";

export interface BodyOptions {
  readonly bytesMax: number;
  /** What is said to be too large. */
  readonly field?: string;
}

const JSON_TYPE = "application/json";
/** Up to here a body costs about what its connection does, and is not counted. */
const SMALL_BYTES = 64 * KB;
const NOTHING = Buffer.alloc(0);

export class Bodies {
  readonly #shares: OwnedShares;
  readonly #held = new Map<IncomingMessage, Held>();

  /** @param shares of the bytes of all large bodies whose requests are not answered */
  constructor(shares: OwnedShares) {
    this.#shares = shares;
  }

  /**
   * The body's text. Rejects with `content-type-unsupported` where it is labelled as something else
   * than JSON, `too-large` beyond its bound, `bodies-full` beyond that of all: then nothing of it is
   * kept. What is kept counts until `free`.
   */
  async read(request: IncomingMessage, options: BodyOptions): Promise<string> {
    checkAnnounced(request, options);
    const type = request.headers["content-type"];
    if (type !== undefined && !isJsonType(type)) {
      throw failure("content-type-unsupported", { is: type });
    }
    const bytes = await this.#collect(request, options);
    if (bytes.length > 0 && type === undefined) {
      throw failure("content-type-unsupported", { is: "none" });
    }
    return bytes.toString();
  }

  /** The body's bytes, whatever they are labelled as; otherwise as `read`. */
  async readBytes(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
    checkAnnounced(request, options);
    return this.#collect(request, options);
  }

  async #collect(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
    // A small body comes along with its headers: it has been read when their handler has returned.
    await undefined;
    const { complete, readableLength } = request;
    if (complete && readableLength <= Math.min(SMALL_BYTES, options.bytesMax)) {
      return (request.read() as Buffer | null) ?? NOTHING;
    }
    return this.#gather(request, options);
  }

  #gather(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] | undefined = [];
      let length = 0;
      const refuse = (cause: BriskError) => {
        if (chunks === undefined) return;
        chunks = undefined;
        this.free(request);
        reject(cause);
      };
      request.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > options.bytesMax) refuse(tooLarge(length, options));
        else if (length > SMALL_BYTES && chunks !== undefined && !this.#hold(request, length)) {
          refuse(failure("bodies-full", { allowed: this.#shares.bytesMax / MB }));
        } else chunks?.push(chunk);
      });
      request.on("end", () => {
        const [only] = chunks ?? [];
        if (chunks !== undefined) {
          resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
        }
        chunks = undefined;
      });
      request.on("error", (cause) => refuse(failure("request-aborted", undefined, cause)));
    });
  }

  /** False, and nothing changes, where there is no room for so many bytes. */
  #hold(request: IncomingMessage, bytes: number): boolean {
    const { owner, bytes: before } = this.#held.get(request) ?? {
      owner: this.#shares.ownerOf(request),
      bytes: 0,
    };
    if (!this.#shares.take(owner, bytes - before)) return false;
    this.#held.set(request, { owner, bytes });
    return true;
  }

  /** For every request that is answered. */
  free(request: IncomingMessage): void {
    if (this.#held.size === 0) return;
    const held = this.#held.get(request);
    if (held === undefined) return;
    this.#held.delete(request);
    this.#shares.giveBack(held.owner, held.bytes);
  }
}

interface Held {
  readonly owner: string;
  readonly bytes: number;
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
