// One activation in one container: init where it is fresh, run, and the record of it.

import type { Answer, NotBegun, Sinks } from "../drivers/port.ts";
import type { CodeAction } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import { type Clock, steadyClock } from "../kernel/clock.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";
import type { Lease } from "../pool/pool.ts";
import type { Streams } from "../streams/port.ts";
import { classifyInit, classifyRun, type Outcome } from "./classify.ts";
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
  /** Shown of a result that is larger. */
  readonly truncationBytes: number;
  readonly streams: Pick<Streams, "open">;
  readonly clock: Clock;
}

/**
 * Gives the lease back as soon as the container is free; the record is still to be kept then. `undefined`
 * where it has not begun in it.
 */
export async function runInContainer(
  run: Run,
  options: RunOptions,
): Promise<ActivationRecord | undefined> {
  const { message, action, lease } = run;
  const logs = new LogCollector(action.limits.logs);
  const ended = await exchange({ ...run, output: (output) => logs.add(output) }, options);
  if ("type" in ended) {
    if (ended.goesOn) lease.giveBack();
    else lease.destroy();
    return undefined;
  }
  const { outcome, times } = ended;
  const developerError = outcome.statusCode === 2;
  const lines = logs.finish({ developerError, now: options.clock() });
  if (outcome.keepContainer && !logs.truncated) lease.release();
  else lease.destroy();
  return toRecord({ message, action, outcome, times, logs: lines });
}

interface Ended {
  readonly outcome: Outcome;
  readonly times: Times;
}

const EXITED: Answer = { type: "ended", reason: "exited" };
type Output = NonNullable<Sinks["output"]>;

/** Init and run each get the whole time limit. */
async function exchange(
  run: Run & { readonly output: Output },
  options: RunOptions,
): Promise<Ended | NotBegun> {
  const { message, action, lease, output } = run;
  const { clock, bytesMax, truncationBytes } = options;
  const { value, init } = splitArguments(message);
  const patience = { timeoutMs: action.limits.timeout, bytesMax };
  const start = clock();
  let initMs: number | undefined;
  if (lease.fresh) {
    const startMs = steadyClock();
    const request = toInitRequest(message, action, { init, deadline: start + patience.timeoutMs });
    const answer = await lease.container.init(request, patience, { output });
    initMs = Math.floor(steadyClock() - startMs);
    const failed = classifyInit({ answer, elapsedMs: initMs, truncationBytes, ...patience });
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
  const deadline = clock() + patience.timeoutMs;
  const request = toRunRequest(message, action, { value, deadline });
  const ran = await lease.container.run(request, patience, { output, openBody });
  // What ends by itself right after its start would do so in the next one too, without end.
  if (ran.type === "not-begun" && !lease.fresh) return ran;
  const begun = ran.type === "begun" ? ran : { answer: EXITED, beganAt: clock(), elapsedMs: 0 };
  const { answer, beganAt, elapsedMs } = begun;
  const exchanged = { answer, elapsedMs, truncationBytes, ...patience };
  const outcome = streamed?.classify(exchanged) ?? classifyRun(exchanged);
  const durationMs = elapsedMs + (initMs ?? 0);
  const began = initMs === undefined ? beganAt : start;
  return { outcome, times: { start: began, end: began + durationMs, durationMs, initMs } };
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
