// What the drivers' tests share: a data directory with runtimes, containers with an action in them, and
// the patience of a test.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type JsonObject, type RawJson, toRawJson } from "../kernel/json.ts";
import { MB } from "../kernel/units.ts";
import type { Launches } from "../runtimes/port.ts";
import { openPublicDirectory, type PublicDirectory } from "../runtimes/public-directory.ts";
import { openRuntimes } from "../runtimes/runtimes.ts";
import type {
  Answer,
  Container,
  ContainerDriver,
  ContainerSpec,
  InitRequest,
  Patience,
  RunRequest,
  Sinks,
} from "./port.ts";

export const PATIENCE = { timeoutMs: 10_000, bytesMax: MB };

export const SPEC: ContainerSpec = {
  kind: "nodejs:24",
  memoryMb: 128,
  cpuShares: 128,
  network: false,
  concurrency: 1,
};

export interface TestData extends Disposable {
  readonly path: string;
  readonly shared: PublicDirectory;
  readonly launches: Launches;
}

export function openTestData(): TestData {
  const path = mkdtempSync(join(tmpdir(), "brisk-drivers-"));
  chmodSync(path, 0o711);
  const shared = openPublicDirectory(path);
  const options = { dataDirectory: path, publicFiles: shared.files, stemCells: [] };
  return {
    path,
    shared,
    launches: openRuntimes(options).launches,
    [Symbol.dispose]: () => {
      shared[Symbol.dispose]();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** An action in a container of its own, with everything it has written. */
export class TestAction implements AsyncDisposable {
  readonly container: Container;
  readonly written = { stdout: "", stderr: "" };

  constructor(container: Container) {
    this.container = container;
  }

  readonly #sinks: Sinks = {
    output: ({ stream, bytes }) => {
      this.written[stream] += bytes.toString();
    },
  };

  init(request: InitRequest): Promise<Answer> {
    return this.container.init(request, PATIENCE, this.#sinks);
  }

  run(
    value: unknown = {},
    options: { timeoutMs?: number; context?: JsonObject } = {},
  ): Promise<Answer> {
    const { context = {}, timeoutMs = PATIENCE.timeoutMs } = options;
    const request = { value: toRawJson(value), context };
    return this.ask(request, { patience: { ...PATIENCE, timeoutMs } });
  }

  runText(text: string): Promise<Answer> {
    return this.ask({ value: text as RawJson, context: {} });
  }

  /** For a run that begins. */
  async ask(
    request: RunRequest,
    { patience = PATIENCE, ...sinks }: Sinks & { readonly patience?: Patience } = {},
  ): Promise<Answer> {
    const outcome = await this.container.run(request, patience, { ...this.#sinks, ...sinks });
    if (outcome.type === "not-begun") throw new Error("the run has not begun");
    return outcome.answer;
  }

  /** The result of a run that is expected to succeed. */
  async result(value: unknown = {}, context: JsonObject = {}): Promise<JsonObject> {
    const answer = await this.run(value, { context });
    if (answer.type !== "answered" || answer.status !== 200) {
      throw new Error(`${JSON.stringify(answer)}\n${this.written.stderr}`);
    }
    return JSON.parse(answer.body) as JsonObject;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.container.destroy();
  }
}

export function toInit(code: string, changes: Partial<InitRequest> = {}): InitRequest {
  return { name: "hello", main: "main", binary: false, code, env: {}, ...changes };
}

/** A container with that code in it. Throws what `init` answered if it did not succeed. */
export async function startAction(
  driver: ContainerDriver,
  code: string,
  spec: Partial<ContainerSpec> = {},
): Promise<TestAction> {
  const action = new TestAction(await driver.create({ ...SPEC, ...spec }));
  const answer = await action.init(toInit(code));
  if (answer.type === "answered" && answer.status === 200) return action;
  await action.container.destroy();
  throw new Error(`init: ${JSON.stringify(answer)}\n${action.written.stderr}`);
}

const WAIT_MS_MAX = 10_000;
const LOOK_MS = 5;

/** Resolves when the condition holds, rejects with what was waited for if it does not in time. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const until = performance.now() + WAIT_MS_MAX;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await delay(LOOK_MS);
  }
}

/** Ids of the machine's processes whose command line holds the text. */
export function findProcesses(text: string): string[] {
  return readdirSync("/proc").filter((id) => /^\d+$/.test(id) && readCommand(id).includes(text));
}

export function readCommand(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return ""; // Ended meanwhile.
  }
}
