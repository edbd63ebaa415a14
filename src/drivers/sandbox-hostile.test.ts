// What hostile actions try in a sandbox: to see the machine, to reach out, to use it up.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, describe, it } from "node:test";
import { findProcesses, startAction } from "./driver-fixture.ts";
import type { ContainerDriver } from "./port.ts";
import { probeSandbox } from "./probe.ts";
import { openSandboxes } from "./sandbox-fixture.ts";

describe("a sandbox", () => {
  let opened: Awaited<ReturnType<typeof openSandboxes>>;
  let driver: ContainerDriver;
  before(async () => {
    assert.deepEqual(await probeSandbox(), { usable: true });
    opened = await openSandboxes({ network: true });
    driver = opened.driver;
    assert.deepEqual(driver.notices, []);
  });
  after(() => opened[Symbol.asyncDispose]());

  describeView(() => opened);
  describeOwn(() => opened);
  describeNetwork(() => driver);
  describeHostileActions(() => driver);
});

/** What a hostile action finds out about where it is. */
const LOOK_AROUND = `
const fs = require("node:fs");
const attempt = (f) => { try { return f(); } catch (error) { return error.code; } };
const main = (paths) => ({
  root: fs.readdirSync("/").sort(),
  processes: fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).length,
  variables: Object.keys(process.env).sort(),
  user: process.getuid(),
  files: fs.readdirSync("/proc/self/fd").map((fd) => attempt(() => fs.readlinkSync("/proc/self/fd/" + fd))),
  seen: paths.filter((path) => fs.existsSync(path)),
  written: ["/x", "/etc/x", "/runtime/x", "/node_modules/x", "/bin/x", "/dev/x", "/run/brisk/x", "/proc/sys/kernel/hostname"]
    .filter((path) => typeof attempt(() => fs.writeFileSync(path, "")) !== "string"),
  status: fs.readFileSync("/proc/self/status", "utf8"),
});`;

type Opened = () => Awaited<ReturnType<typeof openSandboxes>>;

function describeView(sandboxes: Opened): void {
  it("shows nothing of the machine: processes, files, environment, users", async () => {
    await using action = await startAction(sandboxes().driver, LOOK_AROUND);
    const found = await action.result([
      ...[
        "/root",
        "/home",
        "/usr/bin",
        "/usr/share",
        "/var",
        "/sys",
        "/etc/shadow",
        "/etc/hostname",
      ],
      ...[
        sandboxes().data.path,
        process.cwd(),
        process.execPath,
        "/dev/sda",
        "/dev/vda",
        "/dev/kmsg",
      ],
    ]);
    assert.deepEqual(found["seen"], []);
    assert.deepEqual(found["root"], [
      ...["action", "bin", "dev", "etc", "lib", "lib64", "node_modules", "proc", "run", "runtime"],
      ...["tmp", "usr"],
    ]);
    // bubblewrap's first process and the action's own.
    assert.equal(found["processes"], 2);
    assert.deepEqual(found["variables"], [
      ...["HOME", "PATH", "PWD", "__OW_ALLOW_CONCURRENT", "__OW_API_HOST"],
    ]);
    assert.equal(found["user"], 1000);
    assert.deepEqual(found["written"], []);
    const status = String(found["status"]);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    const open = found["files"] as string[];
    assert.deepEqual(
      open.filter((path) => path.startsWith("/") && path !== "/dev/null"),
      [],
    );
    // Output, errors, the connection with the driver, and the forwarder's own.
    assert.equal(open.filter((path) => path.startsWith("socket:")).length, 4, open.join());
  });
}

function describeOwn(sandboxes: Opened): void {
  it("runs as nobody's user on the machine", async () => {
    const mark = `8${process.pid}`;
    await using action = await startAction(
      sandboxes().driver,
      `const main = () => {
      require("node:child_process").spawn("/bin/sh", ["-c", "read x; # ${mark}"], { stdio: ["pipe", "inherit", "inherit"] });
      return {};
    }`,
    );
    await action.result();
    const [id] = findProcesses(`# ${mark}`);
    const user = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    if (process.getuid?.() === 0) assert.ok(Number(user) > 1_000, `it runs as user ${user}`);
    else assert.equal(Number(user), process.getuid?.());
  });

  it("keeps its connection from the programs that it starts", async () => {
    await using action = await startAction(
      sandboxes().driver,
      `const main = () => {
      const { status } = require("node:child_process").spawnSync("/bin/sh", ["-c", "echo forged >&3"]);
      return { status };
    }`,
    );
    assert.equal((await action.result())["status"], 2);
  });

  it("makes no namespace of its own", async () => {
    await using action = await startAction(
      sandboxes().driver,
      `const fs = require("node:fs"), { spawnSync } = require("node:child_process");
      const main = ({ program }) => {
        fs.writeFileSync("/tmp/unshare", Buffer.from(program, "base64"), { mode: 0o755 });
        return { said: String(spawnSync("/tmp/unshare", ["--user", "/bin/sh", "-c", ":"]).stderr) };
      }`,
    );
    const program = readFileSync("/usr/bin/unshare", "base64");
    assert.match(String((await action.result({ program }))["said"]), /Operation not permitted/);
  });

  it("keeps its files from other sandboxes", async () => {
    const code = `const fs = require("node:fs"); const main = ({ write }) => {
      for (const path of ["/tmp", "/action", "/dev/shm"]) if (write) fs.writeFileSync(path + "/mine", "");
      return { found: ["/tmp", "/action", "/dev/shm"].filter((path) => fs.existsSync(path + "/mine")) };
    }`;
    await using one = await startAction(sandboxes().driver, code);
    await using other = await startAction(sandboxes().driver, code);
    assert.deepEqual(await one.result({ write: true }), { found: ["/tmp", "/action", "/dev/shm"] });
    assert.deepEqual(await other.result({}), { found: [] });
  });
}

const CONNECT = `
const net = require("node:net");
const main = async ({ targets }) => ({ results: await Promise.all(targets.map((options) => new Promise((resolve) => {
  const socket = net.connect(options, () => { resolve("connected"); socket.destroy(); });
  socket.on("error", (error) => resolve("refused"));
  setTimeout(resolve, 2000, "refused").unref();
}))) });`;

function describeNetwork(driver: () => ContainerDriver): void {
  it("reaches this machine neither with a network nor without", async () => {
    const server = createServer((socket) => socket.end());
    await once(server.listen(0, "0.0.0.0"), "listening");
    const hidden = createServer((socket) => socket.end());
    const abstract = `\0brisk-test-${process.pid}`;
    await once(hidden.listen(abstract), "listening");
    try {
      const { port } = server.address() as { port: number };
      const addresses = ["127.0.0.1", "10.0.2.2", "10.0.2.3", "::1", "localhost"];
      const outside = Object.values(networkInterfaces())
        .flatMap((all) => all ?? [])
        .map(({ address }) => address);
      const targets = [
        ...[...addresses, ...outside].map((host) => ({ host, port })),
        { path: abstract },
      ];
      for (const network of [false, true]) {
        await using action = await startAction(driver(), CONNECT, { network });
        const { results } = await action.result({ targets });
        assert.deepEqual(
          results,
          targets.map(() => "refused"),
        );
      }
    } finally {
      server.close();
      hidden.close();
    }
  });
}

function describeHostileActions(driver: () => ContainerDriver): void {
  it("contains a fork bomb", async () => {
    await using bomb = await startAction(
      driver(),
      `const main = () => {
      require("node:child_process").spawn("/bin/sh", ["-c", "f() { f & f & }; while :; do f; done"], { stdio: "ignore" });
      return new Promise(() => {});
    }`,
    );
    await using other = await startAction(driver(), "const main = () => ({ well: true })");
    const exploding = bomb.run({}, { timeoutMs: 500 });
    for (let n = 0; n < 10; n += 1) assert.deepEqual(await other.result(), { well: true });
    await exploding;
    await bomb.container.destroy();
    await using next = await startAction(driver(), "const main = () => ({ well: true })");
    assert.deepEqual(await next.result(), { well: true });
  });

  it("contains what fills the disk", async () => {
    await using action = await startAction(
      driver(),
      `const fs = require("node:fs"); const main = ({ path }) => {
      const file = fs.openSync(path, "w");
      const block = Buffer.alloc(1 << 20);
      let bytes = 0;
      try { for (;;) bytes += fs.writeSync(file, block); }
      catch ({ code }) { fs.closeSync(file); fs.rmSync(path); return { code, mb: bytes >> 20 }; }
    }`,
      { memoryMb: 256 },
    );
    for (const [path, mb] of [
      ["/tmp/x", 128],
      ["/action/x", 128],
      ["/dev/shm/x", 64],
    ] as const) {
      assert.deepEqual(await action.result({ path }), { code: "ENOSPC", mb });
    }
  });

  it("ends an action that fills all its disks at once with its memory", async () => {
    await using action = await startAction(
      driver(),
      `const fs = require("node:fs"); const main = () => {
      for (const path of ["/tmp/x", "/action/x", "/dev/shm/x"]) {
        const file = fs.openSync(path, "w");
        try { for (;;) fs.writeSync(file, Buffer.alloc(1 << 20, 1)); } catch {}
      }
      return { survived: true };
    }`,
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "out-of-memory" });
  });

  it("survives that one of its programs takes too much memory, or tells that it did not", async () => {
    await using action = await startAction(
      driver(),
      `const { spawnSync } = require("node:child_process");
      const main = () => {
        const eat = "const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1));";
        const { signal } = spawnSync("/bin/node", ["-e", eat]);
        return { signal };
      }`,
    );
    const answer = await action.run();
    if (answer.type === "answered") assert.equal(answer.body, '{"signal":"SIGKILL"}');
    else assert.deepEqual(answer, { type: "ended", reason: "out-of-memory" });
  });
}
