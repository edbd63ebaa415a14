// Streams between an invoker and a controller in one process: a pipe for each, which holds what the client
// has not taken, and holds up whoever writes.

import { PassThrough } from "node:stream";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { MINUTE_MS } from "../kernel/units.ts";
import type { AnswerStream, AwaitedStream, Streams, StreamWriter } from "./port.ts";

/** How long a client may take for the last 300 KB, after the activation has ended. */
const LINGER_MS = MINUTE_MS;

export function createLocalStreams(): Streams {
  return new LocalStreams();
}

class LocalStreams implements Streams {
  readonly #awaited = new Map<ActivationId, (stream: AnswerStream) => void>();
  readonly #pipes = new Map<ActivationId, PassThrough>();

  await(activationId: ActivationId): AwaitedStream {
    const { promise: begun, resolve } = Promise.withResolvers<AnswerStream>();
    this.#awaited.set(activationId, resolve);
    return { begun, [Symbol.dispose]: () => this.#awaited.delete(activationId) };
  }

  open(activationId: ActivationId, head: RawJson): StreamWriter | undefined {
    const begin = this.#awaited.get(activationId);
    if (begin === undefined) return undefined;
    this.#awaited.delete(activationId);
    const pipe = new PassThrough();
    this.#pipes.set(activationId, pipe);
    const left = new AbortController();
    // Told to whoever reads; where nobody does any more, there is nobody to be told.
    pipe.on("error", () => {});
    pipe.once("close", () => left.abort());
    begin({ head, body: pipe });
    return {
      write: (bytes) => new Promise((resolve) => pipe.write(bytes, () => resolve())),
      unwanted: left.signal,
    };
  }

  close(activationId: ActivationId, isWhole: boolean): void {
    const pipe = this.#pipes.get(activationId);
    if (pipe === undefined) return;
    this.#pipes.delete(activationId);
    if (!isWhole) {
      pipe.destroy(new Error("The activation failed while its answer was streamed"));
      return;
    }
    pipe.end();
    const timer = setTimeout(() => pipe.destroy(), LINGER_MS).unref();
    pipe.once("close", () => clearTimeout(timer));
  }
}
