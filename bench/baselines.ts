// The servers that figures are compared with, as child processes of the bench.

import { join } from "node:path";
import type { AppendRound } from "./append-server.ts";
import { receive, startChild, stopChild } from "./children.ts";

export interface Baseline extends AsyncDisposable {
  readonly port: number;
}

export interface Appender extends Baseline {
  /** Appends without HTTP; resolves with how long it took, and each append. */
  append(round: AppendRound): Promise<AppendResult>;
}

export interface AppendResult {
  readonly elapsedMs: number;
  readonly latenciesMs: readonly number[];
}

export async function startHop(directory: string): Promise<Baseline> {
  const child = startChild("hop-server.ts", [join(directory, "hop.sock")]);
  return { port: await receive<number>(child), [Symbol.asyncDispose]: () => stopChild(child) };
}

/** A log in `directory` to which pieces of `bytes` bytes are appended. */
export async function startAppender(directory: string, bytes: number): Promise<Appender> {
  const child = startChild("append-server.ts", [join(directory, "append.log"), String(bytes)]);
  return {
    port: await receive<number>(child),
    append: (round) => {
      child.send(round);
      return receive<AppendResult>(child);
    },
    [Symbol.asyncDispose]: () => stopChild(child),
  };
}
