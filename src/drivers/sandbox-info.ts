// What bubblewrap says of a sandbox that it has just made: a small JSON object, possibly in pieces.

import type { Readable } from "node:stream";

/** The id on the host of the sandbox's first process. Rejects if bubblewrap ends without telling. */
export function readProcessId(info: Readable | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    if (info === undefined) throw new Error("this process has too many files open");
    let text = "";
    info.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (!text.includes("}")) return;
      info.removeAllListeners("data");
      resolve(Number(/"child-pid":\s*(\d+)/.exec(text)?.[1]));
    });
    info.on("error", () => info.destroy());
    info.once("close", () => reject(new Error("bubblewrap ended before the sandbox was made")));
  });
}
