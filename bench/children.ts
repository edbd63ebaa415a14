// The bench's own processes: started from a file beside this one, spoken to by messages, and ended when
// the bench lets go of them.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export function startChild(file: string, args: readonly string[] = []): ChildProcess {
  return fork(join(import.meta.dirname, file), args, {
    serialization: "advanced",
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
}

/** The next message. Rejects where the child ends instead, which would else be waited for in vain. */
export async function receive<Message>(child: ChildProcess): Promise<Message> {
  const listening = new AbortController();
  const { signal } = listening;
  const ended = once(child, "exit", { signal }).then(([code, by]) => {
    throw new Error(`${child.spawnargs.join(" ")} ended with ${code ?? by}`);
  });
  try {
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message as Message;
  } finally {
    ended.catch(() => {}); // Either thrown above, or no longer of interest.
    listening.abort();
  }
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
}
