// Everything that CI needs: type check, format and lint, and all tests. Silent when all is well but
// for the files that take long and the last line, the count. What is skipped fails the run: a check
// that did not happen is not a check that passed.
//
//     npm test                   everything
//     npm test -- --fast         without the files named *.slow.test.ts; under a minute
//     npm test -- bus pool/      only the tests whose path holds one of these words, and no checks

import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { inspect, parseArgs, stripVTControlCharacters } from "node:util";
import { SECOND_MS } from "../src/kernel/units.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Nothing may hang: neither one test nor all of them. */
const FAST_TEST_MS = 60_000;
const SLOW_TEST_MS = 600_000;
const WHOLE_RUN_MS = 1_200_000;
/** A file that takes longer is named, so that the slow ones are known. */
const NOTABLE_MS = 15_000;
/** Output of a failing file that is shown. */
const OUTPUT_LINES_MAX = 60;

const CHECKS = [
  ["type check", ["node_modules/typescript/bin/tsc"]],
  ["format and lint", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"]],
] as const;

/** They measure times: beside others they would measure those. */
const ALONE = /\.alone\.(slow\.)?test\.ts$/;

/** What takes longest, begun first: begun last, it would go on alone when all the others have ended. */
const LONGEST = [
  "test/api/web-wait.slow.test.ts",
  "test/faults/kill-process.slow.test.ts",
  "test/faults/kill-sandbox.slow.test.ts",
  "test/browser/docs.slow.test.ts",
  "test/docs.slow.test.ts",
  "test/package.slow.test.ts",
];

const PRELOAD = join(import.meta.dirname, "preload.mjs");

const { values, positionals } = parseArgs({
  options: { fast: { type: "boolean", default: false } },
  allowPositionals: true,
});

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
if (positionals.length === 0) await runChecks();
const files = globSync(["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"])
  .filter((file) => !(values.fast && isSlow(file)))
  .filter((file) => positionals.length === 0 || positionals.some((word) => file.includes(word)))
  .sort();
const alone = files.filter((file) => ALONE.test(file));
const together = files.filter((file) => !ALONE.test(file));
const [slow, quick] = [together.filter(isSlow), together.filter((file) => !isSlow(file))];
// Many wait more than they work.
const concurrency = availableParallelism() + 1;
await runTests(quick, { concurrency, testMs: FAST_TEST_MS });
await runTests(longestFirst(slow), { concurrency, testMs: SLOW_TEST_MS });
await runTests(alone, { concurrency: 1, testMs: SLOW_TEST_MS });
print(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
// Not `exitCode`: a handle that a library left open must not keep CI waiting.
process.exit(counts.failed + counts.skipped > 0 || counts.passed === 0 ? 1 : 0);

function isSlow(file: string): boolean {
  return file.endsWith(".slow.test.ts");
}

function longestFirst(paths: readonly string[]): readonly string[] {
  const isLong = (path: string) => LONGEST.includes(path);
  return [
    ...LONGEST.filter((path) => paths.includes(path)),
    ...paths.filter((path) => !isLong(path)),
  ];
}

/** Side by side: neither keeps two processors busy. */
async function runChecks(): Promise<void> {
  await Promise.all(
    CHECKS.map(async ([name, args]) => {
      const { code, output } = await runProgram(args);
      if (code === 0) {
        counts.passed++;
        return;
      }
      counts.failed++;
      print(`FAILED ${name}\n${output}`);
    }),
  );
}

function runProgram(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

interface TestOptions {
  readonly concurrency: number;
  /** The bound of one test, and of a file's start. */
  readonly testMs: number;
}

async function runTests(paths: readonly string[], options: TestOptions): Promise<void> {
  if (paths.length === 0) return;
  const output = new Map<string, string[]>();
  const stream = run({
    files: paths,
    concurrency: options.concurrency,
    timeout: options.testMs,
    // A test that timed out, or a handle that one left open, must not keep its process alive.
    forceExit: true,
    signal: AbortSignal.timeout(WHOLE_RUN_MS),
    execArgv: ["--disable-warning=ExperimentalWarning", "--import", PRELOAD],
  });
  stream.on("test:stderr", ({ file, message }) => keepOutput(output, file, message));
  stream.on("test:stdout", ({ file, message }) => keepOutput(output, file, message));
  stream.on("test:diagnostic", ({ file, message, level }) => {
    if (level !== "info") keepOutput(output, file, message);
  });
  stream.on("test:pass", ({ name, file, line, details, skip, todo }) => {
    if (details.type === "suite") return;
    if (skip === undefined && todo === undefined) counts.passed++;
    else {
      counts.skipped++;
      print(`SKIPPED ${name}\n  ${toPath(file)}:${line}`);
    }
  });
  stream.on("test:fail", ({ name, file, line, details }) => {
    // A suite, or a test around tests, fails because something in it does, which is shown by itself.
    if (details.type === "suite" || isEcho(details.error)) return;
    counts.failed++;
    print(`FAILED ${name}\n  ${toPath(file)}:${line}\n${indent(describe(details.error))}`);
    // What a file printed shows why it fell before its tests could say so.
    const lines = output.get(toPath(file)) ?? [];
    if (lines.length > 0) print(`  its output:\n${indent(lines.join("\n"))}`);
    output.delete(toPath(file));
  });
  stream.on("test:summary", (summary) => {
    if (summary.file === undefined || summary.duration_ms < NOTABLE_MS) return;
    print(`${(summary.duration_ms / SECOND_MS).toFixed(1)} s ${toPath(summary.file)}`);
  });
  for await (const _ of stream) {
    // The listeners above do the work; the stream has to be drained for its end to come.
  }
}

function keepOutput(output: Map<string, string[]>, file: string | undefined, text: string): void {
  const lines = [...(output.get(toPath(file)) ?? []), ...text.trimEnd().split("\n")];
  output.set(toPath(file), lines.slice(-OUTPUT_LINES_MAX));
}

function isEcho(error: Error): boolean {
  return "failureType" in error && error.failureType === "subtestsFailed";
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error;
  const text = typeof cause === "string" ? cause : inspect(cause);
  // The runner's own frames say nothing about the test.
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*(node:internal|node:async_hooks)/.test(line))
    .join("\n");
}

function toPath(file: string | undefined): string {
  return (file ?? "").replace(`${process.cwd()}/`, "");
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

function print(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? text : stripVTControlCharacters(text)}\n`);
}
