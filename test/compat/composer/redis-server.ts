// A real Redis for tests, where sandboxed actions reach it: not at an address of this machine, all of which are
// closed to them. Redis listens on a socket in a directory of its own and asks for a password; from a place
// that is not this machine a relay leads there.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { readEnvironment } from "../../../src/settings/environment.ts";
import { openElsewhere } from "./elsewhere.ts";

export interface RedisServer extends AsyncDisposable {
  /** With the password. */
  readonly uri: string;
  readonly host: string;
  /** Where one connects and hears nothing. */
  readonly silentUri: string;
  countKeys(): Promise<number>;
}

/**
 * The program of Debian's `redis-tools` that is a server under that name. The package `redis-server`
 * holds no more than the name, and starts one that stays on the machine.
 */
const PROGRAM = "redis-check-rdb";
const NAME = "redis-server";
const READY = "ready to accept connections";

export async function startRedis(): Promise<RedisServer> {
  const password = randomBytes(16).toString("hex");
  const directory = mkdtempSync(join(tmpdir(), "brisk-redis-"));
  const path = join(directory, "socket");
  const child = spawn(PROGRAM, ["-"], { argv0: NAME, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close").catch((cause: unknown) => {
    throw new Error(`${PROGRAM} does not start: './install --test' installs it`, { cause });
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await ended.finally(() => rmSync(directory, { recursive: true }));
  };
  try {
    const settings = ["port 0", `unixsocket ${path}`, `requirepass ${password}`, 'save ""'];
    child.stdin.end(`${settings.join("\n")}\ndir ${directory}\n`);
    await Promise.race([readUntilReady(child.stdout), ended]);
    const elsewhere = await openElsewhere(path);
    const { host, port, silentPort } = elsewhere;
    return {
      uri: `redis://:${password}@${host}:${port}`,
      host,
      silentUri: `redis://${host}:${silentPort}`,
      countKeys: async () => {
        const env = { ...readEnvironment(), REDISCLI_AUTH: password };
        const { stdout } = await promisify(execFile)("redis-cli", ["-s", path, "dbsize"], { env });
        return Number(stdout);
      },
      [Symbol.asyncDispose]: async () => {
        await elsewhere[Symbol.asyncDispose]();
        await stop();
      },
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function readUntilReady(stdout: Readable): Promise<void> {
  let said = "";
  try {
    for await (const line of createInterface({ input: stdout })) {
      said += `${line}\n`;
      if (line.includes(READY)) return;
    }
    assert.fail(`Redis ended without becoming ready:\n${said}`);
  } finally {
    stdout.resume();
  }
}
