// Asks the load process for loads, and refuses results in which anything failed: a figure of errors
// would look fast.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Load, LoadResult } from "./http-client.ts";

type Reply = { readonly result: LoadResult } | { readonly error: string };

export class LoadGenerator implements AsyncDisposable {
  readonly #child: ChildProcess = fork(new URL("./load-process.ts", import.meta.url), {
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });

  async run(load: Load): Promise<LoadResult> {
    const replied = once(this.#child, "message") as Promise<[Reply]>;
    this.#child.send(load);
    const [reply] = await replied;
    if ("error" in reply) throw new Error(`The load failed: ${reply.error}`);
    const { result } = reply;
    if (result.failures > 0) {
      throw new Error(`${result.failures} requests failed, the first: ${result.firstFailure}`);
    }
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill();
    await exited;
  }
}
