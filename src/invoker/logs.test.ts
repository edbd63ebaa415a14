// Log lines out of pieces of output.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LogCollector } from "./logs.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const TIME = "2026-01-02T03:04:05.006000000Z";
/** Of a line in an engine's log file, beside the text: `{"log":"\\n","stream":"stdout","time":"…"}`. */
const ENVELOPE_BYTES = 71;
const END = { developerError: false, now: AT };

function collect(pieces: readonly string[], limitMb = 1): readonly string[] {
  const logs = new LogCollector(limitMb);
  for (const piece of pieces) logs.add({ stream: "stdout", bytes: Buffer.from(piece), at: AT });
  return logs.finish(END);
}

test("a line has its time in 30 columns, its stream and its text", () => {
  assert.deepEqual(collect(["hello\n"]), [`${TIME} stdout: hello`]);
});

test("however output is cut into pieces, its lines are the same", () => {
  const text = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n", " ") }));
  fc.assert(
    fc.property(text, (pieces) => {
      const bytes = Buffer.from(pieces.join(""));
      const logs = new LogCollector(1);
      for (const byte of bytes) logs.add({ stream: "stderr", bytes: Buffer.of(byte), at: AT });
      const lines = bytes.toString().split("\n");
      if (lines.at(-1) === "") lines.pop();
      assert.deepEqual(
        logs.finish(END),
        lines.map((line) => `${TIME} stderr: ${line}`),
      );
    }),
  );
});

test("an unfinished line of one stream does not mix with the other's", () => {
  const logs = new LogCollector(1);
  logs.add({ stream: "stdout", bytes: Buffer.from("out"), at: AT });
  logs.add({ stream: "stderr", bytes: Buffer.from("err\n"), at: AT });
  assert.deepEqual(logs.finish(END), [`${TIME} stderr: err`, `${TIME} stdout: out`]);
});

test("output beyond the limit is cut, and a last line on stderr names the limit", () => {
  const logs = new LogCollector(1);
  logs.add({ stream: "stdout", bytes: Buffer.alloc(1024 * 1024 + 1, 97), at: AT });
  logs.add({ stream: "stdout", bytes: Buffer.from("more\n"), at: AT });
  const [line, last, ...others] = logs.finish(END);
  assert.equal(line?.length, `${TIME} stdout: `.length + 1024 * 1024 - ENVELOPE_BYTES);
  assert.equal(
    last,
    `${TIME} stderr: Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes.`,
  );
  assert.deepEqual(others, []);
  assert.equal(logs.truncated, true);
});

test("exactly the limit is not cut", () => {
  const logs = new LogCollector(1);
  logs.add({ stream: "stdout", bytes: Buffer.alloc(1024 * 1024 - ENVELOPE_BYTES, 97), at: AT });
  assert.equal(logs.truncated, false);
});

test("short lines reach the limit with what stands around their text", () => {
  const lines = collect([..."x".repeat(20)].map((text) => `${text}\n`.repeat(1000)));
  const linesMax = Math.floor((1024 * 1024) / (ENVELOPE_BYTES + 1));
  assert.equal(lines.length, linesMax + 2, "a last one is cut, and one says so");
  assert.match(lines.at(-1) ?? "", /Logs were truncated/);
});

test("a limit of 0 collects nothing, not even the warning", () => {
  const logs = new LogCollector(0);
  logs.add({ stream: "stdout", bytes: Buffer.from("x\n"), at: AT });
  assert.deepEqual(logs.finish({ developerError: true, now: AT }), []);
});

test("after a developer error a last line says that data may be missing", () => {
  assert.deepEqual(new LogCollector(1).finish({ developerError: true, now: AT }), [
    `${TIME} stderr: The action did not initialize or run as expected. Log data might be missing.`,
  ]);
});
