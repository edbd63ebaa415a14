// Settings from flags, variables and a file.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseSettings } from "./parse.ts";

function parse(over: Partial<Parameters<typeof parseSettings>[0]>) {
  return parseSettings({ flags: {}, environment: {}, ...over });
}

function withFile<T>(text: string, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "brisk-settings-"));
  const path = join(directory, "brisk.json");
  writeFileSync(path, text);
  try {
    return use(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("without any source every setting has its default", () => {
  const settings = parse({ environment: { PATH: "/bin" } });
  assert.equal(settings.port, 3233);
  assert.equal(settings.host, "127.0.0.1");
  assert.equal(settings.invocationsPerMinute, Number.POSITIVE_INFINITY);
});

test("a flag beats a variable, a variable beats the file", () => {
  withFile('{"port": 1, "stem-cells": 1, "memory": 1024}', (file) => {
    const settings = parse({
      file,
      environment: { BRISK_PORT: "2", BRISK_STEM_CELLS: "2" },
      flags: { port: "3" },
    });
    assert.equal(settings.port, 3);
    assert.equal(settings.stemCells, 2);
    assert.equal(settings.memory, 1024);
  });
});

test("a rate is a number or off", () => {
  const { invocationsPerMinute: limited } = parse({ flags: { "invocations-per-minute": "60" } });
  assert.equal(limited, 60);
  const { invocationsPerMinute: off } = parse({ flags: { "invocations-per-minute": "off" } });
  assert.equal(off, Number.POSITIVE_INFINITY);
});

test("networks stand between commas, in a file in an array, and none is none", () => {
  const flags = (text: string) => parse({ flags: { "deny-networks": text } }).denyNetworks;
  assert.deepEqual(flags("10.0.0.0/8, 192.168.1.7"), ["10.0.0.0/8", "192.168.1.7/32"]);
  assert.deepEqual(flags("none"), []);
  withFile('{"deny-networks": ["10.0.0.0/8", "172.16.0.0/12"]}', (file) => {
    assert.deepEqual(parse({ file }).denyNetworks, ["10.0.0.0/8", "172.16.0.0/12"]);
  });
});

for (const [sources, message] of [
  [
    { flags: { memory: "64" } },
    '--memory is "64", must be a whole number from 128 to 1000000000 MB',
  ],
  [{ flags: { port: "80a" } }, '--port is "80a", must be a whole number from 0 to 65535'],
  [{ flags: { port: "1.5" } }, '--port is "1.5", must be a whole number from 0 to 65535'],
  [
    { environment: { BRISK_DRIVER: "vm" } },
    'BRISK_DRIVER is "vm", must be auto or sandbox or process',
  ],
  [
    { flags: { "invocations-per-minute": "none" } },
    '--invocations-per-minute is "none", must be a whole number from 0 to 1000000000 or "off"',
  ],
  [
    { flags: { "deny-networks": "10.0.0.0/8,10.1.2.3/16" } },
    '--deny-networks has "10.1.2.3/16", must be IPv4 networks separated by commas, such as 10.0.0.0/8,192.168.0.0/16, or "none"',
  ],
  [{ flags: { host: "" } }, "--host is empty, must have a value"],
  [{ flags: { prot: "1" } }, "--prot is not a setting; the nearest is --port"],
  [
    { environment: { BRISK_STEM_CELL: "1" } },
    "BRISK_STEM_CELL is not a setting; the nearest is BRISK_STEM_CELLS",
  ],
] as const) {
  test(`is refused: ${JSON.stringify(sources)}`, () => {
    assert.throws(() => parse(sources), { name: "SettingError", message });
  });
}

for (const [text, message] of [
  ["[]", /must hold one JSON object$/],
  ["{", /is not JSON: /],
  ['{"prot": 1}', /^"prot" in .* is not a setting; the nearest is "port" in /],
  ['{"port": true}', /^port in .* is "true", must be a whole number/],
] as const) {
  test(`a file is refused: ${text}`, () => {
    withFile(text, (file) => assert.throws(() => parse({ file }), { message }));
  });
}

test("a file that is not there is refused by its name", () => {
  const message = /^Cannot read the settings file \/nowhere\/brisk\.json: /;
  assert.throws(() => parse({ file: "/nowhere/brisk.json" }), { message });
});
