// Large bodies are read on a thread of their own: the event loop, which everybody waits for, would be held
// up for half a second by one of 48 MB. It is made when one comes, and ends when none has come for long:
// so what it has used is given back, and who sends none pays nothing. Bytes are moved to it, not copied.

import { Worker } from "node:worker_threads";
import { BriskError, type ErrorCode, failure } from "../kernel/errors.ts";
import { FairTurns } from "../kernel/fair-turns.ts";
import { LargeText } from "../kernel/large-text.ts";
import { parseKeepingDigits } from "../kernel/lossless-json.ts";
import { toThreadScript } from "../kernel/thread-script.ts";
import { MB, SECOND_MS } from "../kernel/units.ts";
import type { BodyName, BodyRules, ParsedBodies } from "./body-parsers.ts";

export interface BodyOrder<Name extends BodyName> {
  readonly name: Name;
  readonly rules: BodyRules[Name];
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

export type BodyAnswer =
  | { readonly rest: string; readonly code?: Uint8Array<ArrayBuffer> }
  | { readonly failure: { readonly code: ErrorCode; readonly text: string } };

/** It starts in some 60 ms. */
const IDLE_MS = 5 * SECOND_MS;
/** What it has read leaves it up to eight times as many bytes of garbage: beyond these it ends at once. */
const READ_BYTES_MAX = 32 * MB;
/** Of 50 MB of text, as bytes, as characters of two bytes, as a value, and printed again. */
const HEAP_MB_MAX = 1024;

export class BodyThread {
  readonly #turns = new FairTurns();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** By the thread that there is. */
  #readBytes = 0;
  #asking: Pick<PromiseWithResolvers<BodyAnswer>, "resolve" | "reject"> | undefined;

  /** One at a time, going round among the owners. The pieces are gone when it begins. Rejects as the body's parser throws. */
  parse<Name extends BodyName>(owner: string, order: BodyOrder<Name>): Promise<ParsedBodies[Name]> {
    return this.#turns.take(owner, async () => {
      const answer = await this.#ask(order);
      if ("failure" in answer) throw new BriskError(answer.failure.code, answer.failure.text);
      const value = parseKeepingDigits(answer.rest);
      return (answer.code === undefined ? value : withCode(value, answer.code)) as never;
    });
  }

  #ask<Name extends BodyName>(order: BodyOrder<Name>): Promise<BodyAnswer> {
    clearTimeout(this.#idle);
    const worker = this.#worker ?? this.#start();
    worker.ref();
    return new Promise<BodyAnswer>((resolve, reject) => {
      this.#asking = { resolve, reject };
      for (const { byteLength } of order.pieces) this.#readBytes += byteLength;
      worker.postMessage(
        order,
        order.pieces.map(({ buffer }) => buffer),
      );
    }).finally(() => {
      this.#asking = undefined;
      worker.unref();
      if (this.#readBytes > READ_BYTES_MAX) this.close();
      else this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
    });
  }

  #start(): Worker {
    const worker = new Worker(toThreadScript("./body-worker", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    worker.on("message", (answer: BodyAnswer) => this.#asking?.resolve(answer));
    // Our own mistake, or want of memory: it is told to whoever sent the body, and the next one starts anew.
    worker.on("error", (cause) => this.#lose(worker, cause));
    worker.on("exit", () => this.#lose(worker, new Error("the thread for large bodies has ended")));
    this.#worker = worker;
    this.#readBytes = 0;
    return worker;
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#asking?.reject(cause);
  }

  close(): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    this.#asking?.reject(failure("stopping"));
  }
}

function withCode(value: unknown, code: Uint8Array<ArrayBuffer>): unknown {
  const request = value as { readonly exec: object };
  return { ...request, exec: { ...request.exec, code: new LargeText(code) } };
}
