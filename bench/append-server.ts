// The baselines of accepting a non-blocking invocation: the same bytes appended and synced in groups.
// Whatever comes while one sync runs is the next group.
//
// - Raw: writers in this process, each of which waits until its bytes are durable. The budget is
//   against this one, which no server can reach: it has no requests to read.
// - Behind HTTP: a bare server that answers 202 when the bytes are durable. It shows how much of the
//   distance is HTTP's.

import { closeSync, fdatasync, openSync, rmSync, writevSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface AppendRound {
  readonly writers: number;
  readonly durationMs: number;
}

const [path = "", size = "0"] = process.argv.slice(2);
const file = openSync(path, "a");
const bytes = Buffer.alloc(Number(size), "x");
let group: (() => void)[] = [];
let syncing = false;

function append(then: () => void): void {
  // All that one turn of the loop brings is one group.
  if (group.push(then) === 1 && !syncing) setImmediate(flush);
}

function flush(): void {
  const flushed = group;
  group = [];
  syncing = true;
  writevSync(
    file,
    flushed.map(() => bytes),
  );
  fdatasync(file, (error) => {
    if (error !== null) throw error;
    syncing = false;
    for (const then of flushed) then();
    if (group.length > 0 && !syncing) flush();
  });
}

function runRound({ writers, durationMs }: AppendRound): void {
  const latenciesMs: number[] = [];
  const from = performance.now();
  let running = writers;
  const runWriter = () => {
    const appendedAt = performance.now();
    append(() => {
      const now = performance.now();
      latenciesMs.push(now - appendedAt);
      if (now - from < durationMs) runWriter();
      else if (--running === 0) process.send?.({ elapsedMs: now - from, latenciesMs });
    });
  };
  for (let writer = 0; writer < writers; writer++) runWriter();
}

const server = createServer((request, response) => {
  request.resume().on("end", () => append(() => response.writeHead(202).end("{}")));
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("message", runRound);
process.on("disconnect", () => {
  closeSync(file);
  rmSync(path);
  process.exit();
});
