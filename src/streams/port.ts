// The way of a streamed answer's body, from the invoker where the action runs to the controller where the
// client waits. Beside the bus: pieces are worth nothing without their client, so nothing keeps them, and
// what matters, record and completion, goes the way of all others.

import type { Readable } from "node:stream";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";

export interface AnswerStream {
  /** The text of an object: the result without its body. */
  readonly head: RawJson;
  /**
   * Ends when the activation has succeeded and its record is kept; destroyed with an error where it broke
   * off. Whoever destroys it tells the action that nobody wants the rest.
   */
  readonly body: Readable;
}

export interface AwaitedStream extends Disposable {
  /** Resolves when the activation begins to stream; never, where it does not. */
  readonly begun: Promise<AnswerStream>;
}

export interface StreamWriter {
  /** Resolves when it is on its way to the client; never rejects. */
  write(bytes: Buffer): Promise<void>;
  /** Aborted where nobody wants the rest. */
  readonly unwanted: AbortSignal;
}

export interface Streams {
  /** The controller's: from here until it is disposed of, the activation may stream. */
  await(activationId: ActivationId): AwaitedStream;
  /** The invoker's: `undefined` where nobody awaits a stream of it. */
  open(activationId: ActivationId, head: RawJson): StreamWriter | undefined;
  /** The invoker's, at the end of every activation: whether what was streamed is whole. */
  close(activationId: ActivationId, isWhole: boolean): void;
}
