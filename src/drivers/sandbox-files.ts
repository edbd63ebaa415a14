// The files that sandboxes are made with, written once below a directory that every user can enter, each
// under a name made of what is in it: the `/etc` that actions see, none of it the host's but the
// certificates, and the filter of system calls.

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
import { createSyscallFilter } from "./sandbox-syscalls.ts";

type Files = Readonly<Record<string, string | Buffer>>;

export interface SandboxFiles {
  /** Directories to be seen as `/etc`, by sandboxes with a network and without. */
  readonly etc: { readonly online: string; readonly offline: string };
  /** For bubblewrap to read, where there is one for this architecture. */
  readonly syscallFilter: string | undefined;
}

const CERTIFICATES = "ssl/certs/ca-certificates.crt";
const READABLE = { file: 0o644, directory: 0o755 };

export function writeSandboxFiles(publicDirectory: string): SandboxFiles {
  const directory = join(publicDirectory, "sandbox");
  mkdirSync(directory, { recursive: true, mode: READABLE.directory });
  chmodSync(directory, READABLE.directory);
  const offline = describeEtc();
  const online = { ...offline, "resolv.conf": `nameserver ${NAME_SERVER}\n` };
  const filter = createSyscallFilter();
  return {
    etc: {
      online: writeOnce(directory, "etc", online),
      offline: writeOnce(directory, "etc", offline),
    },
    syscallFilter: filter && join(writeOnce(directory, "filter", { bpf: filter }), "bpf"),
  };
}

function describeEtc(): Files {
  const certificates = join("/etc", CERTIFICATES);
  return {
    passwd: "root:x:0:0::/:/bin/sh\naction:x:1000:1000::/tmp:/bin/sh\n",
    group: "root:x:0:\naction:x:1000:\n",
    hosts: "127.0.0.1 localhost action\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    ...(existsSync(certificates) ? { [CERTIFICATES]: readFileSync(certificates) } : {}),
  };
}

/** @returns the directory with the files, made whole or not at all */
function writeOnce(parent: string, name: string, files: Files): string {
  const hash = createHash("sha256");
  for (const [path, content] of Object.entries(files)) hash.update(`${path}\n`).update(content);
  const directory = join(parent, `${name}-${hash.digest("hex").slice(0, 12)}`);
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.${process.pid}`;
  for (const [path, content] of Object.entries(files)) {
    const file = join(unfinished, path);
    mkdirSync(dirname(file), { recursive: true, mode: READABLE.directory });
    writeFileSync(file, content, { mode: READABLE.file });
    // The process's mask may have taken rights away.
    for (let each = file; each !== parent; each = dirname(each)) {
      chmodSync(each, each === file ? READABLE.file : READABLE.directory);
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
