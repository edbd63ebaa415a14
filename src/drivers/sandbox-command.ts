// What a sandbox is made of, as a bubblewrap command line: its own user, process, network, IPC, host name
// and mount namespaces, and a read-only root with the interpreter, the libraries it needs, the launcher
// with the stock modules, and three bounded places to write.

import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { KB, MB } from "../kernel/units.ts";
import type { Launch } from "../runtimes/port.ts";

export const SANDBOX_PROGRAM = "bwrap";
/** bubblewrap tells the id of the sandbox's first process here, */
export const INFO_FD = 4;
/** and starts nothing in it before something can be read here. */
export const BLOCK_FD = 5;
/** The filter of system calls is read here. */
const FILTER_FD = 6;

/** Inside, the action is this user; outside, one that owns nothing. */
const USER_ID_INSIDE = "1000";
const ACTION_DIRECTORY = "/action";
const RUNTIME_DIRECTORY = "/runtime";
const API_DIRECTORY = "/run/brisk";
/** The port on the sandbox's own loopback at which the platform's API is reached. */
const API_PORT = 3233;
export const API_HOST_INSIDE: string = `http://127.0.0.1:${API_PORT}`;
const OPEN_FILES_MAX = 1024;
export const PROCESSES_MAX = 1024;
const DEVICES = ["full", "null", "random", "urandom", "zero"];
/** As docker gives it. */
const SHARED_MEMORY_BYTES_MAX = 64 * MB;

/** What is the same for every sandbox of a driver. */
export interface SandboxHost {
  readonly libraries: readonly string[];
  readonly shell: string;
}

export interface SandboxContents {
  readonly launch: Launch;
  readonly memoryMb: number;
  /** A directory to be seen as `/etc`. */
  readonly etc: string;
  /** The Unix socket on which the platform's API listens. Its directory is shown. */
  readonly apiSocket: string;
  /** Whether the filter of system calls can be read from `FILTER_FD`. */
  readonly hasSyscallFilter: boolean;
}

/** Finds this machine's libraries and shell. */
export function readSandboxHost(): SandboxHost {
  return { libraries: toLibraryArguments(), shell: realpathSync("/bin/sh") };
}

export function toSandboxCommand(host: SandboxHost, contents: SandboxContents): string[] {
  const { launch, memoryMb, etc, apiSocket, hasSyscallFilter } = contents;
  const memory = memoryMb * MB;
  const apiName = apiSocket.slice(apiSocket.lastIndexOf("/") + 1);
  return [
    ...toIsolation(host),
    ...bind(launch.program, "/bin/node"),
    ...bind(launch.directory, RUNTIME_DIRECTORY),
    // Found from the action's directory by `require` and `import` alike, as the last place they look.
    ...["--symlink", `${RUNTIME_DIRECTORY}/node_modules`, "/node_modules"],
    ...bind(etc, "/etc"),
    ...bind(dirname(apiSocket), API_DIRECTORY),
    // What is written here is memory, and counted as the action's. Half of it each, so that a full disk
    // is an error that the action can see rather than its end.
    ...toWritable("/tmp", memory / 2),
    ...toWritable(ACTION_DIRECTORY, memory / 2),
    ...toWritable("/dev/shm", Math.min(memory / 4, SHARED_MEMORY_BYTES_MAX)),
    ...["--info-fd", String(INFO_FD), "--block-fd", String(BLOCK_FD)],
    ...(hasSyscallFilter ? ["--seccomp", String(FILTER_FD)] : []),
    ...["--chdir", ACTION_DIRECTORY, "--remount-ro", "/", "--"],
    ...toShell(),
    "/bin/node",
    ...launch.arguments(memoryMb),
    `${RUNTIME_DIRECTORY}/${launch.launcher}`,
    `${API_DIRECTORY}/${apiName}`,
    String(API_PORT),
  ];
}

/** A sandbox that does nothing and ends when its standard input does: whether one can be made at all. */
export function toProbeCommand(host: SandboxHost): string[] {
  return [
    ...toIsolation(host),
    ...["--info-fd", String(INFO_FD), "--remount-ro", "/", "--"],
    ...["/bin/sh", "-c", "read -r line"],
  ];
}

function toIsolation({ libraries, shell }: SandboxHost): string[] {
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"],
    ...["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "action"],
    ...["--uid", USER_ID_INSIDE, "--gid", USER_ID_INSIDE],
    ...libraries,
    ...bind(shell, "/bin/sh"),
    ...["--proc", "/proc"],
    // Not `--dev`: its terminals would take a second user namespace, which then would not own the
    // network, and the way out could not be attached to it.
    ...DEVICES.flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]),
    ...["--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin"],
    ...[
      "--symlink",
      "/proc/self/fd/1",
      "/dev/stdout",
      "--symlink",
      "/proc/self/fd/2",
      "/dev/stderr",
    ],
  ];
}

function bind(source: string, target: string): string[] {
  return ["--ro-bind", source, target];
}

/** Sizes are whole blocks: the kernel refuses others for a file system in memory. */
function toWritable(path: string, bytes: number): string[] {
  const blocks = Math.ceil(bytes / (4 * KB));
  return ["--size", String(blocks * 4 * KB), "--tmpfs", path];
}

/** Sets the limits that every process inherits. `-p` is dash's letter for the processes, `-u` bash's. */
function toShell(): string[] {
  const limits = [
    "ulimit -c 0",
    `ulimit -n ${OPEN_FILES_MAX}`,
    `{ ulimit -p ${PROCESSES_MAX} || ulimit -u ${PROCESSES_MAX}; } 2>/dev/null`,
    'exec "$@"',
  ];
  return ["/bin/sh", "-c", limits.join("; "), "sh"];
}

const MULTIARCH: Readonly<Record<string, string>> = {
  x64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
};

/** Debian's own directory of this architecture's libraries, else what the distribution has. */
function toLibraryArguments(): string[] {
  const multiarch = `/usr/lib/${MULTIARCH[process.arch]}`;
  const sources = [existsSync(multiarch) ? multiarch : "/usr/lib", "/usr/lib64"];
  const real = sources.filter((path) => existsSync(path) && !isLink(path));
  const links: string[] = [];
  for (const path of ["/lib", "/lib64"]) {
    if (!existsSync(path)) continue;
    if (isLink(path)) links.push("--symlink", readlinkSync(path), path);
    else links.push(...bind(path, path));
  }
  return [...real.flatMap((path) => bind(path, path)), ...links];
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}
