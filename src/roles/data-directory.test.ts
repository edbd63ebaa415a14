// The data directory, held by one process at a time.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDataDirectory } from "./data-directory.ts";

async function withTemporary(use: (path: string) => void): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "brisk-data-"));
  try {
    use(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

test("a second holder is refused and told who holds it; after the end it may", () =>
  withTemporary((path) => {
    {
      using data = openDataDirectory(path);
      assert.throws(() => openDataDirectory(path), {
        message: `The data directory ${path} is in use by another brisk up, which is starting`,
      });
      data.tellHolder("http://127.0.0.1:1");
      assert.throws(() => openDataDirectory(path), {
        message: `The data directory ${path} is in use by brisk up at http://127.0.0.1:1, process ${process.pid}`,
      });
    }
    openDataDirectory(path)[Symbol.dispose]();
  }));

test("the directory is traversable, its files are private", () =>
  withTemporary((path) => {
    using data = openDataDirectory(join(path, "new", "data"));
    data.writeProperties({ AUTH: "a:b", APIHOST: "http://x" });
    assert.equal(statSync(data.path).mode & 0o777, 0o711);
    const file = join(data.path, "wskprops");
    assert.equal(readFileSync(file, "utf8"), "AUTH=a:b\nAPIHOST=http://x\n");
    assert.equal(statSync(file).mode & 0o777, 0o600);
  }));

test("a directory that cannot be made is named", () =>
  withTemporary((path) => {
    const file = join(path, "file");
    writeFileSync(file, "");
    assert.throws(() => openDataDirectory(join(file, "data")), {
      name: "SettingError",
      message: /^The data directory .* cannot be written: /,
    });
  }));
