// The thread that reads large bodies: bytes in, a parsed request out, or what is wrong with them. It gives
// way to whatever else the machine has to do.

import { readlinkSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort } from "node:worker_threads";
import { BriskError, failure } from "../kernel/errors.ts";
import { invariant } from "../kernel/invariant.ts";
import { LargeText } from "../kernel/large-text.ts";
import { MB } from "../kernel/units.ts";
import { BODY_PARSERS, type BodyName } from "./body-parsers.ts";
import type { BodyAnswer, BodyOrder } from "./body-thread.ts";

/** More than anything that is taken has beside its code; what is left is read on the event loop. */
const REST_LENGTH_MAX = 16 * MB;

const port = parentPort;
invariant(port !== null, "large bodies are read by a worker");

/** On Linux a thread has a priority of its own, by its number. */
function giveWay(): void {
  try {
    setPriority(
      Number(basename(readlinkSync("/proc/thread-self"))),
      constants.priority.PRIORITY_BELOW_NORMAL,
    );
  } catch {
    // Without it, it takes its share like any other.
  }
}

function answer<Name extends BodyName>({ name, pieces, rules }: BodyOrder<Name>): BodyAnswer {
  try {
    const value = BODY_PARSERS[name](Buffer.concat(pieces).toString(), rules);
    const { exec } = value as { readonly exec?: { readonly code?: unknown } };
    if (!(exec?.code instanceof LargeText)) return { rest: print(value) };
    const { code, ...others } = exec;
    return { rest: print({ ...(value as object), exec: others }), code: code.json };
  } catch (cause) {
    if (!(cause instanceof BriskError)) throw cause;
    return { failure: { code: cause.code, text: cause.message } };
  }
}

function print(rest: unknown): string {
  const text = JSON.stringify(rest);
  if (text.length <= REST_LENGTH_MAX) return text;
  throw failure("too-large", { field: "Request", is: text.length, allowed: REST_LENGTH_MAX });
}

giveWay();
port.on("message", (order: BodyOrder<BodyName>) => {
  const answered = answer(order);
  const moved = "code" in answered && answered.code ? [answered.code.buffer] : [];
  port.postMessage(answered, moved);
});
