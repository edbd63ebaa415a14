// One activation in one container: init where it is fresh, run, and the record of it.

import type { Answer, Patience } from "../drivers/port.ts";
import type { CodeAction } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";
import type { Lease } from "../pool/pool.ts";
import type { Streams } from "../streams/port.ts";
import { classifyInit, classifyRun, type Exchange, type Outcome } from "./classify.ts";
import { LogCollector } from "./logs.ts";
import { type Times, toRecord } from "./records.ts";
import { splitArguments, toInitRequest, toRunRequest } from "./requests.ts";
import { parseHead, StreamedAnswer } from "./streamed-answer.ts";

export interface Run {
  readonly message: ActivationMessage;
  readonly action: CodeAction;
  readonly lease: Lease;
}

export interface RunOptions {
  /** Of a result. */
  readonly bytesMax: number;
  readonly streams: Pick<Streams, "open">;
  readonly clock: Clock;
}

/** Gives the lease back as soon as the container is free; the record is still to be kept then. */
export async function runInContainer(run: Run, options: RunOptions): Promise<ActivationRecord> {
  const { message, action, lease } = run;
  const logs = new LogCollector(action.limits.logs);
  lease.container.onOutput((output) => logs.add(output));
  const { outcome, times } = await exchange(run, options);
  const developerError = outcome.statusCode === 2;
  const lines = logs.finish({ developerError, now: options.clock() });
  // Others may be running in it, and have taken the output over.
  if (action.limits.concurrency === 1) lease.container.onOutput(undefined);
  if (outcome.keepContainer && !logs.truncated) lease.release();
  else lease.destroy();
  return toRecord({ message, action, outcome, times, logs: lines });
}

interface Ended {
  readonly outcome: Outcome;
  readonly times: Times;
}

async function exchange(run: Run, options: RunOptions): Promise<Ended> {
  const { message, action, lease } = run;
  const { value, init } = splitArguments(message);
  const start = options.clock();
  let initMs: number | undefined;
  if (lease.fresh) {
    const initialised = await ask(run, options, (deadline, patience) => {
      const request = toInitRequest(message, action, { init, deadline });
      return lease.container.init(request, patience);
    });
    initMs = initialised.elapsedMs;
    const failed = classifyInit(initialised);
    if (failed !== undefined) {
      const times = { start, end: start + initMs, durationMs: initMs, initMs };
      return { outcome: failed, times };
    }
    lease.initialised();
  }
  let streamed: StreamedAnswer | undefined;
  const openBody = (text: string) => {
    streamed = openStreamed(text, run, options);
    return streamed;
  };
  const ran = await ask(run, options, (deadline, patience) =>
    lease.container.run(toRunRequest(message, action, { value, deadline }), patience, openBody),
  );
  const durationMs = ran.elapsedMs + (initMs ?? 0);
  const times: Times = { start, end: start + durationMs, durationMs };
  return {
    outcome: streamed === undefined ? classifyRun(ran) : streamed.classify(ran),
    times: initMs === undefined ? times : { ...times, initMs },
  };
}

function openStreamed(
  text: string,
  { message }: Run,
  { bytesMax, streams }: RunOptions,
): StreamedAnswer | undefined {
  const head = parseHead(text);
  if (head === undefined) return undefined;
  const writer = streams.open(message.activationId, head);
  return new StreamedAnswer({ head, writer, bytesMax });
}

/** Init and run each get the whole time limit. */
async function ask(
  { action }: Run,
  { bytesMax, clock }: RunOptions,
  send: (deadline: number, patience: Patience) => Promise<Answer>,
): Promise<Exchange> {
  const timeoutMs = action.limits.timeout;
  const from = clock();
  const answer = await send(from + timeoutMs, { timeoutMs, bytesMax });
  return { answer, elapsedMs: clock() - from, timeoutMs, bytesMax };
}
