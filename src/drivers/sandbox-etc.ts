// The `/etc` that sandboxes see: the few files that programs expect there, none of them the host's but its
// certificates. Written once, under a name made of what is in it.

import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { NAME_SERVER } from "./network.ts";

const CERTIFICATES = "ssl/certs/ca-certificates.crt";
const READABLE = { file: 0o644, directory: 0o755 };

/** @returns the directory, below one that every user can enter */
export function writeSandboxEtc(publicDirectory: string, hasNetwork: boolean): string {
  const files = describeFiles(hasNetwork);
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
  const directory = join(publicDirectory, "sandbox", `etc-${hash}`);
  if (existsSync(directory)) return directory;
  mkdirSync(dirname(directory), { recursive: true, mode: READABLE.directory });
  chmodSync(dirname(directory), READABLE.directory);
  const unfinished = `${directory}.${process.pid}`;
  for (const [name, text] of Object.entries(files)) {
    const file = join(unfinished, name);
    mkdirSync(dirname(file), { recursive: true, mode: READABLE.directory });
    writeFileSync(file, text, { mode: READABLE.file });
    // The process's mask may have taken rights away.
    for (let path = file; path !== dirname(directory); path = dirname(path)) {
      chmodSync(path, path === file ? READABLE.file : READABLE.directory);
    }
  }
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process was faster with the same contents.
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

function describeFiles(hasNetwork: boolean): Record<string, string> {
  const files: Record<string, string> = {
    passwd: "root:x:0:0::/:/bin/sh\naction:x:1000:1000::/tmp:/bin/sh\n",
    group: "root:x:0:\naction:x:1000:\n",
    hosts: "127.0.0.1 localhost action\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
  };
  if (hasNetwork) files["resolv.conf"] = `nameserver ${NAME_SERVER}\n`;
  const certificates = join("/etc", CERTIFICATES);
  if (existsSync(certificates)) files[CERTIFICATES] = readFileSync(certificates, "utf8");
  return files;
}
