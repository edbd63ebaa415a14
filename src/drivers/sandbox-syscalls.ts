// The system calls that no action needs and that most holes in the kernel were reached through: refused in
// a sandbox by a seccomp filter, as container engines do by default. Above all no namespace can be made in
// it, which would give tenant code privileges over its own and with them much more of the kernel. And no socket
// can be made of a family that knows no network namespaces: one of them leads to the machine's hypervisor.

const X64 = "x64";
const ARM64 = "arm64";
type Architecture = typeof X64 | typeof ARM64;

/** Numbers on x86_64 and aarch64, from Linux's `unistd` headers; `undefined` where there is none. */
const REFUSED: Readonly<Record<string, readonly [number, number | undefined]>> = {
  acct: [163, 89],
  add_key: [248, 217],
  bpf: [321, 280],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  delete_module: [176, 106],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioperm: [173, undefined],
  iopl: [172, undefined],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  migrate_pages: [256, 238],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  move_pages: [279, 239],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  pidfd_getfd: [438, 438],
  pivot_root: [155, 41],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  setns: [308, 268],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
};
const CLONE: Readonly<Record<Architecture, number>> = { x64: 56, arm64: 220 };
const SOCKET: Readonly<Record<Architecture, number>> = { x64: 41, arm64: 198 };
/** Unix, IPv4, IPv6, and netlink, which tells programs the addresses they have. */
const FAMILIES = [1, 2, 10, 16];
/** Its flags are behind a pointer, where a filter cannot look. Refused as unknown, libraries use `clone`. */
const CLONE3 = 435;
/** Every CLONE_NEW… flag: mount, cgroup, uts, ipc, user, pid, net, time. */
const NAMESPACE_FLAGS = 0x7e020080;

const AUDIT_ARCHITECTURE: Readonly<Record<Architecture, number>> = {
  x64: 0xc000003e,
  arm64: 0xc00000b7,
};
/** x86_64's second calling convention counts from here. */
const X32_FIRST = 0x40000000;

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;

/** Offsets in the kernel's `struct seccomp_data`. */
const DATA = { number: 0, architecture: 4, firstArgument: 16 };

/** Classic BPF's instructions, as far as they are used. */
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const INSTRUCTION_BYTES = 8;

/** How the filter can end, in the order in which the ends stand after everything else. */
const ENDS = {
  allow: ALLOW,
  refuse: ERRNO | EPERM,
  "refuse as unknown": ERRNO | ENOSYS,
  "refuse the family": ERRNO | EAFNOSUPPORT,
};
type End = keyof typeof ENDS;

interface Instruction {
  readonly operation: number;
  readonly value: number;
  /** Where a comparison leads if it holds, and if it does not, or how far ahead; else to the next instruction. */
  readonly matched?: End;
  readonly unmatched?: End | number;
}

/** The compiled filter, or `undefined` on an architecture whose numbers are not known here. */
export function createSyscallFilter(architecture: string = process.arch): Buffer | undefined {
  if (architecture !== X64 && architecture !== ARM64) return undefined;
  const column = architecture === X64 ? 0 : 1;
  const refused = Object.values(REFUSED).flatMap((numbers) => numbers[column] ?? []);
  // aarch64 has no second convention, and no numbers that high.
  return assemble([
    { operation: LOAD, value: DATA.architecture },
    { operation: JUMP_IF_EQUAL, value: AUDIT_ARCHITECTURE[architecture], unmatched: "refuse" },
    { operation: LOAD, value: DATA.number },
    { operation: JUMP_IF_AT_LEAST, value: X32_FIRST, matched: "refuse" },
    ...refused.map((value) => ({ operation: JUMP_IF_EQUAL, value, matched: "refuse" }) as const),
    { operation: JUMP_IF_EQUAL, value: CLONE3, matched: "refuse as unknown" },
    ...checkFamily(SOCKET[architecture]),
    { operation: JUMP_IF_EQUAL, value: CLONE[architecture], unmatched: "allow" },
    { operation: LOAD, value: DATA.firstArgument },
    { operation: JUMP_IF_ANY_BIT, value: NAMESPACE_FLAGS, matched: "refuse", unmatched: "allow" },
  ]);
}

/** Passes over itself for other calls, and otherwise ends. */
function checkFamily(socket: number): Instruction[] {
  const families = FAMILIES.map(
    (value) => ({ operation: JUMP_IF_EQUAL, value, matched: "allow" }) as const,
  );
  const check: Instruction[] = [
    { operation: LOAD, value: DATA.firstArgument },
    ...families.slice(0, -1),
    ...families.slice(-1).map((last) => ({ ...last, unmatched: "refuse the family" }) as const),
  ];
  return [{ operation: JUMP_IF_EQUAL, value: socket, unmatched: check.length }, ...check];
}

/** As the kernel's `struct sock_filter`: operation, two distances to jump, value. */
function assemble(instructions: readonly Instruction[]): Buffer {
  const ends = Object.keys(ENDS);
  const program = Buffer.alloc((instructions.length + ends.length) * INSTRUCTION_BYTES);
  for (const [index, { operation, value, matched, unmatched }] of instructions.entries()) {
    const toDistance = (end: End | number = 0): number =>
      typeof end === "number" ? end : instructions.length + ends.indexOf(end) - index - 1;
    const at = index * INSTRUCTION_BYTES;
    program.writeUInt16LE(operation, at);
    program.writeUInt8(toDistance(matched), at + 2);
    program.writeUInt8(toDistance(unmatched), at + 3);
    program.writeUInt32LE(value, at + 4);
  }
  for (const [index, value] of Object.values(ENDS).entries()) {
    const at = (instructions.length + index) * INSTRUCTION_BYTES;
    program.writeUInt16LE(RETURN, at);
    program.writeUInt32LE(value, at + 4);
  }
  return program;
}
