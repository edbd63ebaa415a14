// The servers that figures are compared with, as child processes of the bench.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { AppendRound } from "./append-server.ts";

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
  const child = start("hop-server.ts", [join(directory, "hop.sock")]);
  return { port: await receive<number>(child), [Symbol.asyncDispose]: () => stop(child) };
}

/** A log in `directory` to which pieces of `bytes` bytes are appended. */
export async function startAppender(directory: string, bytes: number): Promise<Appender> {
  const child = start("append-server.ts", [join(directory, "append.log"), String(bytes)]);
  return {
    port: await receive<number>(child),
    append: (round) => {
      child.send(round);
      return receive<AppendResult>(child);
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

function start(file: string, args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), args, { serialization: "advanced" });
}

async function receive<Message>(child: ChildProcess): Promise<Message> {
  const [message] = (await once(child, "message")) as [Message];
  return message;
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
}
