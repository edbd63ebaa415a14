// `brisk activation poll`: what activations print, as they end, oldest first.
//
// A record appears when its activation ends, in the list at the place where it started: behind others
// that started later and ended sooner. So a window of the list is read again and again, and what was
// shown is remembered, until it leaves the window.

import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { systemClock } from "../kernel/clock.ts";
import type { JsonObject } from "../kernel/json.ts";
import { toNumber } from "../kernel/lossless-json.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../kernel/units.ts";
import { ACTIVATIONS, readLogs } from "./activation-requests.ts";
import { toObjects, toText } from "./answers.ts";
import { CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { parseCount } from "./list-options.ts";
import { stripLine } from "./log-lines.ts";
import type { RestClient } from "./rest-client.ts";
import { parseTypedName } from "./typed-name.ts";

interface PollFlags {
  readonly exit?: number;
  readonly strip?: boolean;
  readonly sinceSeconds?: number;
  readonly sinceMinutes?: number;
  readonly sinceHours?: number;
  readonly sinceDays?: number;
}

const INTERVAL_MS = SECOND_MS;
const PATIENCE_MS_MAX = 15 * SECOND_MS;
/** The longest time limit of an action is 5 minutes; the rest is for its waiting. */
const WINDOW_MS = 6 * MINUTE_MS;
const PAGE = 200;
/** Older ones of a busy window are not looked at: five pages a second are enough for any reader. */
const PAGES_MAX = 5;

export function addPoll(noun: Command, context: CliContext): void {
  const poll = noun
    .command("poll")
    .description("show what activations print, as they end; Ctrl-C ends it")
    .argument("[NAME]", "only of this action: a, or package/a")
    .option("-e, --exit <S>", "end after so many seconds", parseCount)
    .option("-r, --strip", "without times and streams")
    .option("--since-seconds <N>", "begin with those that started so long ago", parseCount)
    .option("--since-minutes <N>", "the same in minutes", parseCount)
    .option("--since-hours <N>", "the same in hours", parseCount)
    .option("--since-days <N>", "the same in days", parseCount)
    .addHelpText(
      "after",
      `
Examples:
  brisk activation poll
  brisk activation poll hello --strip --since-minutes 5
  brisk activation poll --exit 60`,
    );
  addConnectionOptions(poll).action(async (typed: string | undefined) => {
    const flags = poll.opts<PollFlags>();
    const interrupted = context.interrupted();
    const signals = [interrupted];
    if (flags.exit !== undefined) signals.push(AbortSignal.timeout(flags.exit * SECOND_MS));
    const name = typed === undefined ? "" : parseTypedName(typed).entity;
    const follower = new Follower({
      client: openClient(context, poll),
      name: name === "" ? undefined : name,
      signal: AbortSignal.any(signals),
    });
    await runPoll(context, follower, flags);
    if (interrupted.aborted) context.setExitCode(EXIT.general);
  });
}

async function runPoll(context: CliContext, follower: Follower, flags: PollFlags): Promise<void> {
  const { terminal } = context;
  const print = (activation: JsonObject, lines: readonly string[]) => {
    terminal.print(
      `\nActivation: '${toText(activation["name"])}' (${toText(activation["activationId"])})`,
    );
    for (const line of lines) terminal.print(flags.strip ? stripLine(line) : line);
  };
  terminal.print("Enter Ctrl-c to exit.\nPolling for activation logs");
  let wait = INTERVAL_MS;
  let isBegun = false;
  while (!follower.signal.aborted) {
    try {
      if (!isBegun) await follower.begin(toSinceMs(flags));
      isBegun = true;
      await follower.follow(print);
      wait = INTERVAL_MS;
    } catch (cause) {
      if (follower.signal.aborted) return;
      wait = decidePatience(cause, { wait, tell: (text) => terminal.printError(text) });
    }
    await sleep(wait, undefined, { signal: follower.signal }).catch(() => undefined);
  }
}

/** A platform that is away for a while is waited for; one that refuses the key will go on doing so. */
function decidePatience(
  cause: unknown,
  { wait, tell }: { wait: number; tell: (text: string) => void },
): number {
  const isWeather = cause instanceof CliError && (cause.exitCode === EXIT.network || isBusy(cause));
  if (!isWeather) throw cause;
  if (wait === INTERVAL_MS) tell(`Unable to poll, and trying again: ${cause.message}`);
  return Math.min(wait * 2, PATIENCE_MS_MAX);
}

const BUSY_CODES = [429 & 0xff, 500 & 0xff, 502 & 0xff, 503 & 0xff];

function isBusy({ exitCode }: CliError): boolean {
  return BUSY_CODES.includes(exitCode);
}

const DAY_HOURS = 24;

function toSinceMs(flags: PollFlags): number | undefined {
  const { sinceSeconds, sinceMinutes, sinceHours, sinceDays } = flags;
  const age =
    (sinceSeconds ?? 0) * SECOND_MS +
    (sinceMinutes ?? 0) * MINUTE_MS +
    ((sinceHours ?? 0) + (sinceDays ?? 0) * DAY_HOURS) * HOUR_MS;
  return age === 0 ? undefined : systemClock() - age;
}

interface FollowerOptions {
  readonly client: RestClient;
  readonly name: string | undefined;
  readonly signal: AbortSignal;
}

/** Hands out each activation once. */
class Follower {
  readonly #options: FollowerOptions;
  /** Ids that were handed out, with their starts; only those of the window. */
  readonly #shown = new Map<string, number>();
  #since = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /** Without `since` everything that is there already counts as shown. */
  async begin(since: number | undefined): Promise<void> {
    if (since !== undefined) {
      this.#since = since;
      return;
    }
    const [newest] = await this.#list({ limit: 1, skip: 0 });
    if (newest === undefined) return;
    this.#since = toNumber(newest["start"]) - WINDOW_MS;
    for (const activation of await this.#listWindow()) this.#remember(activation);
  }

  async follow(print: (activation: JsonObject, logs: readonly string[]) => void): Promise<void> {
    const { client, signal } = this.#options;
    const activations = await this.#listWindow();
    for (const activation of activations.reverse()) {
      const id = toText(activation["activationId"]);
      if (this.#shown.has(id)) continue;
      print(activation, await readLogs(client, id, signal));
      this.#remember(activation);
    }
    this.#forget();
  }

  #remember(activation: JsonObject): void {
    this.#shown.set(toText(activation["activationId"]), toNumber(activation["start"]));
  }

  /** Moves the window on, never back. */
  #forget(): void {
    const newest = Math.max(...this.#shown.values());
    this.#since = Math.max(this.#since, newest - WINDOW_MS);
    for (const [id, start] of this.#shown) if (start < this.#since) this.#shown.delete(id);
  }

  async #listWindow(): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    for (let page = 0; page < PAGES_MAX; page++) {
      const entries = await this.#list({ limit: PAGE, skip: page * PAGE, since: this.#since });
      found.push(...entries);
      if (entries.length < PAGE) break;
    }
    return found;
  }

  async #list(query: {
    limit: number;
    skip: number;
    since?: number;
  }): Promise<readonly JsonObject[]> {
    const { client, name, signal } = this.#options;
    const request = {
      method: "GET",
      path: ACTIVATIONS,
      query: { ...query, name },
      signal,
    } as const;
    return toObjects(await client.call(request));
  }
}
