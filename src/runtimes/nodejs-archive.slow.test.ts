// Archives as the nodejs launcher unpacks and loads them, honest ones and others.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { strToU8, type Zippable, zipSync } from "fflate";
import { openTestData, SPEC, TestAction, toInit } from "../drivers/driver-fixture.ts";
import type { ContainerDriver } from "../drivers/port.ts";
import { openProcessDriver } from "../drivers/process.ts";
import { errorOf } from "./runtime.contract.ts";

type Files = Readonly<Record<string, string>>;

const launcher = createRequire(import.meta.url)("../../launchers/nodejs/unpack.cjs") as {
  unpack(archive: Buffer, directory: string, bytesMax?: number): void;
};

function openDirectory() {
  const path = mkdtempSync(join(tmpdir(), "brisk-archive-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function zip(files: Files): Buffer {
  const entries = Object.entries(files).map(([path, text]) => [path, strToU8(text)] as const);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}

function tar(files: Files): Buffer {
  using directory = openDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory.path, path)), { recursive: true });
    writeFileSync(join(directory.path, path), text);
  }
  return execFileSync("tar", ["--format=pax", "-czf", "-", "-C", directory.path, "."]);
}

const MODULE = JSON.stringify({ type: "module", main: "start.js" });
const DEPENDENCY = { "node_modules/dep/index.js": "module.exports = 1" };
const PACKAGES: Readonly<Record<string, readonly [Files, string?]>> = {
  "a package of scripts": [
    {
      "package.json": JSON.stringify({ main: "src/start" }),
      "src/start.js": "const ok = require('dep'); exports.main = () => ({ ok })",
      ...DEPENDENCY,
    },
  ],
  "a package of modules": [
    {
      "package.json": MODULE,
      "start.js": "import ok from 'dep'; export function main() { return { ok } }",
      ...DEPENDENCY,
    },
  ],
  "a module that waits while it loads": [
    {
      "package.json": MODULE,
      "start.js": "const ok = await 1; export const main = () => ({ ok })",
    },
  ],
  "a package without main": [
    { "package.json": "{}", "index.js": "exports.main = () => ({ ok: 1 })" },
  ],
  "an index.js alone": [{ "index.js": "exports.main = () => ({ ok: 1 })" }],
  "an index.mjs alone": [{ "index.mjs": "export default () => ({ ok: 1 })" }],
  "a package in TypeScript": [
    {
      "package.json": JSON.stringify({ type: "module", main: "start.ts" }),
      "start.ts": "import { ok } from './lib.ts'; export const main = (): object => ({ ok })",
      "lib.ts": "export const ok: number = 1",
    },
  ],
  "another entry point": [{ "index.js": "exports.niam = () => ({ ok: 1 })" }, "niam"],
  "an entry point in a file": [{ "lib.js": "exports.a = { b: () => ({ ok: 1 }) }" }, "lib.a.b"],
  "an entry point in a TypeScript file": [
    { "lib.ts": "export const f = (): object => ({ ok: 1 })" },
    "lib.f",
  ],
  "its own copy of a stock module": [
    {
      "index.js": "exports.main = () => ({ ok: require('uuid') })",
      "node_modules/uuid/index.js": "module.exports = 1",
    },
  ],
};

describe("the nodejs launcher runs an archive with", () => {
  const data = openTestData();
  let driver: ContainerDriver;
  before(async () => {
    const options = { launches: data.launches, apiHost: () => "" };
    driver = await openProcessDriver({ ...options, directory: join(data.path, "process") });
  });
  after(async () => {
    await driver[Symbol.asyncDispose]();
    data[Symbol.dispose]();
  });
  const init = async (code: string, main = "main") => {
    const action = new TestAction(await driver.create(SPEC));
    const answer = await action.init(toInit(code, { main, binary: true }));
    return { action, answer };
  };

  for (const [name, [files, main]] of Object.entries(PACKAGES)) {
    it(name, async () => {
      for (const archive of [zip(files), tar(files)]) {
        const { action, answer } = await init(archive.toString("base64"), main);
        await using _ = action;
        assert.equal(answer.type === "answered" && answer.body, '{"OK":true}');
        assert.deepEqual(await action.result(), { ok: 1 });
      }
    });
  }

  it("a clear word where it is none, or none that can be run", async () => {
    const WRONG: readonly (readonly [string, RegExp])[] = [
      [Buffer.from("no archive").toString("base64"), /it is neither zip nor tar\.gz/],
      ["!!! no Base64 !!!", /it is neither zip nor tar\.gz/],
      [
        zip({ "other.js": "" }).toString("base64"),
        /must contain either package\.json or index\.js/,
      ],
      [zip({ "index.js": "nonsense(" }).toString("base64"), /index\.js:1[\s\S]*SyntaxError/],
    ];
    for (const [code, expected] of WRONG) {
      const { action, answer } = await init(code);
      await using _ = action;
      assert.match(errorOf(answer, 502), expected);
      assert.match(action.written.stderr, expected);
    }
  });
});

describe("unpacking", () => {
  it("keeps names of any length, empty files, links and the right to run", () => {
    using source = openDirectory();
    using target = openDirectory();
    const long = `${"directory/".repeat(20)}${"n".repeat(120)}`;
    mkdirSync(dirname(join(source.path, long)), { recursive: true });
    writeFileSync(join(source.path, long), "long");
    writeFileSync(join(source.path, "empty"), "");
    writeFileSync(join(source.path, "run"), "#!/bin/sh\n", { mode: 0o755 });
    symlinkSync("run", join(source.path, "link"));
    for (const format of ["pax", "gnu", "ustar"]) {
      const names = format === "ustar" ? ["empty", "run", "link"] : ["."];
      const archive = execFileSync("tar", [
        `--format=${format}`,
        "-czf",
        "-",
        "-C",
        source.path,
        ...names,
      ]);
      const directory = join(target.path, format);
      mkdirSync(directory);
      launcher.unpack(archive, directory);
      if (format !== "ustar") assert.equal(readFileSync(join(directory, long), "utf8"), "long");
      assert.equal(statSync(join(directory, "empty")).size, 0);
      assert.equal(statSync(join(directory, "link")).mode & 0o111, 0o111);
    }
  });

  it("keeps links and the right to run of a zip made on Unix", () => {
    using target = openDirectory();
    const unix = (mode: number) => ({ os: 3, attrs: mode << 16 });
    const files: Zippable = {
      "bin/run": [strToU8("#!/bin/sh\n"), unix(0o100755)],
      link: [strToU8("bin/run"), unix(0o120777)],
      "stored.txt": [strToU8("text"), { level: 0 }],
      "empty/": new Uint8Array(),
    };
    launcher.unpack(Buffer.from(zipSync(files)), target.path);
    assert.equal(statSync(join(target.path, "link")).mode & 0o111, 0o111);
    assert.equal(readFileSync(join(target.path, "stored.txt"), "utf8"), "text");
    assert.equal(statSync(join(target.path, "empty")).isDirectory(), true);
  });
});

describe("unpacking what is hostile", () => {
  it("writes nothing outside its directory", () => {
    const unix = { os: 3, attrs: 0o120777 << 16 };
    const HOSTILE: readonly Zippable[] = [
      { "../evil": strToU8("x") },
      { "a/../../evil": strToU8("x") },
      { "..\\evil": strToU8("x") },
      { "/tmp/brisk-evil": strToU8("x") },
      { link: [strToU8(".."), unix], "link/evil": strToU8("x") },
      { link: [strToU8("/tmp"), unix] },
      { "a/link": [strToU8("../../x"), unix] },
    ];
    for (const files of HOSTILE) {
      using above = openDirectory();
      const directory = join(above.path, "inside");
      mkdirSync(directory);
      assert.throws(() => launcher.unpack(Buffer.from(zipSync(files)), directory));
      assert.deepEqual(readdirSync(above.path), ["inside"]);
      assert.equal(existsSync("/tmp/brisk-evil"), false);
    }
  });

  it("refuses what expands beyond its bound, in one file or in many", () => {
    const zeros = new Uint8Array(1_000_000);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, zeros]));
    const bombs = [zipSync({ a: zeros }), zipSync(many), gzipSync(zeros)].map(Buffer.from);
    for (const [index, bomb] of bombs.entries()) {
      using target = openDirectory();
      const bytesMax = index === 1 ? 5_000_000 : 100_000;
      assert.throws(() => launcher.unpack(bomb, target.path, bytesMax), /expands to more than/);
    }
  });

  it("refuses whatever is damaged with an error, and never hangs", () => {
    const whole = [zip(PACKAGES["a package of scripts"]?.[0] ?? {}), tar({ "index.js": "1" })];
    for (const archive of whole) {
      for (let length = 0; length < archive.length; length += 7) {
        using target = openDirectory();
        assert.throws(() => launcher.unpack(archive.subarray(0, length), target.path), Error);
      }
    }
  });
});
