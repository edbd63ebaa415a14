// Asks the load process for loads, and refuses results in which anything failed: a figure of errors
// would look fast.

import { receive, startChild, stopChild } from "./children.ts";
import type { Load, LoadResult } from "./http-client.ts";

export class LoadGenerator implements AsyncDisposable {
  readonly #child = startChild("load-process.ts");

  async run(load: Load): Promise<LoadResult> {
    this.#child.send(load);
    const result = await receive<LoadResult>(this.#child);
    if (result.failures > 0) {
      throw new Error(`${result.failures} requests failed, the first: ${result.firstFailure}`);
    }
    return result;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return stopChild(this.#child);
  }
}
