// The journal: what is whole after a crash, a full disk or damage, and what one turn costs.

import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { KB, MB } from "../kernel/units.ts";
import { MAY_MOUNT, makeReadOnly, withDirectory, withDisk } from "./disk-fixture.ts";
import { Journal } from "./journal.ts";
import type { Position } from "./segments.ts";

const FIRST = "00000001.log";
function open(directory: string, { segmentBytes = MB } = {}) {
  const texts: string[] = [];
  const journal = new Journal({ directory, segmentBytes }, ({ payload }) => {
    texts.push(payload.toString());
  });
  return { journal, texts };
}

async function readAll(directory: string): Promise<readonly string[]> {
  const { journal, texts } = open(directory);
  await journal[Symbol.asyncDispose]();
  return texts;
}

function append(journal: Journal, text: string, undo?: () => void): Position {
  return journal.append([Buffer.from(text)], undo);
}

test("what a turn appends is written once, at its end", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory);
    const sizes = new Set<number>();
    const look = () => sizes.add(statSync(join(directory, FIRST)).size);
    for (let count = 0; count < 100; count++) {
      append(journal, "x".repeat(50));
      look();
    }
    await journal.written();
    look();
    assert.deepEqual([...sizes], [0, 100 * 58]);
    await journal[Symbol.asyncDispose]();
    assert.equal((await readAll(directory)).length, 100);
  }));

test("what may be written lazily goes with the next write, or soon after", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory);
    journal.appendLazily([Buffer.from("lazy")]);
    append(journal, "now");
    await journal.written();
    const { offset } = journal.end;
    assert.equal(offset, 23);
    journal.appendLazily([Buffer.from("lazy")]);
    const deadline = Date.now() + 5000;
    while (journal.end.offset === offset && Date.now() < deadline) await setImmediate();
    assert.ok(journal.end.offset > offset);
    await journal[Symbol.asyncDispose]();
    assert.deepEqual(await readAll(directory), ["lazy", "now", "lazy"]);
  }));

test("frames come back in order over many segments, and can be read where they are", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ size: fc.nat(400), wait: fc.boolean() }), { maxLength: 60 }),
      (steps) =>
        withDirectory(async (directory) => {
          const { journal } = open(directory, { segmentBytes: 500 });
          const expected = new Map<string, Position>();
          const check = () => {
            for (const [text, at] of expected) assert.equal(journal.read(at).toString(), text);
          };
          for (const [index, { size, wait }] of steps.entries()) {
            const text = `${index}`.padEnd(size + 1, ".");
            expected.set(text, append(journal, text));
            if (wait) await journal.durable();
            else check();
          }
          check();
          await journal[Symbol.asyncDispose]();
          assert.deepEqual(await readAll(directory), [...expected.keys()]);
        }),
    ),
    { numRuns: 20 },
  );
});

test("more than a buffer in one turn is written in pieces, and all of it", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory, { segmentBytes: 2 * MB });
    const texts = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(MB, "."));
    for (const text of texts) append(journal, text);
    await journal.durable();
    await journal[Symbol.asyncDispose]();
    assert.deepEqual(await readAll(directory), texts);
  }));

test("a torn end is cut off, also of the segment before an empty one", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory);
    append(journal, "whole");
    await journal[Symbol.asyncDispose]();
    const whole = readFileSync(join(directory, FIRST));
    const torn = [whole.subarray(0, 3), whole.subarray(0, -1), Buffer.alloc(4096)];
    for (const [index, tail] of torn.entries()) {
      appendFileSync(join(directory, FIRST), tail);
      if (index === torn.length - 1) writeFileSync(join(directory, "00000002.log"), "");
      assert.deepEqual(await readAll(directory), ["whole"]);
      assert.equal(statSync(join(directory, FIRST)).size, whole.length);
    }
  }));

test("damage before the end is told, and nothing is changed", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory, { segmentBytes: 10 });
    for (const text of ["first of some length", "second"]) {
      append(journal, text);
      await journal.durable();
    }
    await journal[Symbol.asyncDispose]();
    const file = join(directory, FIRST);
    const bytes = readFileSync(file);
    bytes[12] = 0;
    writeFileSync(file, bytes);
    const message = `Cannot read ${file}: it is damaged at byte 0 of ${bytes.length}, restore it or move it away`;
    assert.throws(() => open(directory), { code: "storage-failed", message });
    assert.deepEqual(readFileSync(file), bytes);
  }));

test("segments are dropped, but never the one that is being written", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory);
    append(journal, "old");
    journal.rotate();
    append(journal, "new");
    await journal.written();
    const { segment } = journal.end;
    for (const one of [1, segment]) journal.drop(one);
    await journal[Symbol.asyncDispose]();
    assert.deepEqual(readdirSync(directory), ["00000002.log"]);
    assert.deepEqual(await readAll(directory), ["new"]);
  }));

test("after its end it refuses", () =>
  withDirectory(async (directory) => {
    const { journal } = open(directory);
    await journal[Symbol.asyncDispose]();
    append(journal, "late");
    await assert.rejects(journal.written(), { code: "stopping" });
    assert.deepEqual(await readAll(directory), []);
  }));

test(
  "a full disk refuses whole turns, and takes again when there is room",
  {
    skip: !MAY_MOUNT,
  },
  () =>
    withDisk(async (directory) => {
      const filler = join(directory, "filler");
      const fd = openSync(filler, "w");
      writeSync(fd, Buffer.alloc(512 * KB));
      closeSync(fd);
      const { journal } = open(directory, { segmentBytes: 256 * KB });
      const kept: string[] = [];
      const undone: string[] = [];
      let refused = 0;
      for (let index = 0; index < 40; index++) {
        if (index === 30) rmSync(filler);
        const pair = [`${index} `.padEnd(11 * KB, "a"), `${index} `.padEnd(10 * KB, "b")];
        for (const text of pair) append(journal, text, () => undone.push(text));
        try {
          await journal.durable();
          kept.push(...pair);
        } catch (cause) {
          assert.equal((cause as { code?: string }).code, "storage-full");
          assert.deepEqual(undone.splice(0), pair);
          refused++;
        }
      }
      await journal[Symbol.asyncDispose]();
      assert.ok(refused > 0 && kept.length > 40, `${refused} refused, ${kept.length} kept`);
      assert.deepEqual(await readAll(directory), kept);
    }),
);

test("a directory that cannot be written is told", { skip: !MAY_MOUNT }, () =>
  withDisk(async (directory) => {
    makeReadOnly(directory);
    const message = `The data directory ${directory} cannot be written`;
    assert.throws(() => open(directory), { code: "read-only", message });
  }),
);

/** Its descriptor becomes that of a device that takes what is written, and cannot be synced. */
function loseDisk(file: string): void {
  const fd = readdirSync("/proc/self/fd").find((name) => isAt(name, file));
  closeSync(Number(fd));
  while (openSync("/dev/null", "a") !== Number(fd)) {
    // Descriptors below it were free too.
  }
}

function isAt(fd: string, file: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === file;
  } catch {
    return false;
  }
}

test("after a sync that failed nothing is called durable", () =>
  withDirectory(async (directory) => {
    const codes: string[] = [];
    const broken = ({ code }: { readonly code: string }) => codes.push(code);
    const journal = new Journal({ directory, segmentBytes: MB, broken }, () => {});
    loseDisk(join(directory, FIRST));
    append(journal, "lost");
    await assert.rejects(journal.durable(), { code: "storage-failed" });
    assert.deepEqual(codes, ["storage-failed"]);
    await assert.rejects(journal.durable(), { code: "storage-failed" });
    append(journal, "refused");
    await assert.rejects(journal.written(), { code: "storage-failed" });
    await assert.rejects(async () => journal[Symbol.asyncDispose](), { code: "storage-failed" });
  }));

test("what an earlier process wrote is durable only after a sync", () =>
  withDirectory(async (directory) => {
    const before = open(directory).journal;
    append(before, "written");
    await before[Symbol.asyncDispose]();
    const { journal } = open(directory);
    loseDisk(join(directory, FIRST));
    await assert.rejects(journal.durable(), { code: "storage-failed" });
    await assert.rejects(async () => journal[Symbol.asyncDispose](), { code: "storage-failed" });
  }));
