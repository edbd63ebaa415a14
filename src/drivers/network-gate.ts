// What stands between a sandbox and the networks that are denied to it, in the sandbox's own network
// namespace, where its action has no rights: routes that lead nowhere, and a filter on the device.
//
// The routes alone do not do. A socket bound to the device takes the address for a neighbour where no route
// leads to it: then nobody answers for it. But a multicast asks for no neighbour, so the device takes frames
// to slirp4netns alone. Loopback is among what is denied, because a socket bound to the device leaves the
// sandbox with a 127.0.0.1, which slirp4netns connects to this machine's.

export const GATE_PROGRAM = "perl";

/** `setns` on x86_64 and aarch64, from Linux's `unistd` headers. */
const ENTER_CALL: Readonly<Record<string, number>> = { x64: 308, arm64: 268 };

/**
 * Perl, which every Debian has: Node cannot enter a namespace, and what `nsenter` starts has lost its rights
 * there where Brisk is not root. The user namespace comes first: nobody enters the one in which he is, so
 * that the id of a process that has ended and is now another's cannot lead to this machine's own network.
 *
 * A child closes the gate, and only then does the process become what the rest of its arguments say.
 */
const GATE = `
my ($call, $process, $device) = splice @ARGV, 0, 3;
my @denied;
while ((my $each = shift @ARGV) ne "--") { push @denied, $each }
defined(my $child = fork) or die "fork: $!\\n";
if ($child) { waitpid $child, 0; exit 1 if $?; exec @ARGV or die "$ARGV[0]: $!\\n" }

sub enter {
  my ($name, $flag) = @_;
  open my $space, "<", "/proc/$process/ns/$name" or die "namespace $name: $!\\n";
  syscall($call, fileno $space, $flag) == 0 or die "namespace $name: $!\\n";
}
enter("user", 0x10000000);
enter("net", 0x40000000);

# TUNSETIFF with IFF_TAP and IFF_NO_PI, as slirp4netns asks for it; TUNSETTXFILTER; TUNSETPERSIST.
# Broadcast is how the other two, its gateway and its resolver, are found.
open my $tap, "+<", "/dev/net/tun" or die "/dev/net/tun: $!\\n";
my $wanted = pack "a16 S x22", $device, 0x1002;
my $filter = pack "S S H12 H12 H12", 0, 3, "ffffffffffff", "52550a000202", "52550a000203";
ioctl $tap, 0x400454ca, $wanted and ioctl $tap, 0x400454d1, $filter
  and ioctl $tap, 0x400454cb, 1 or die "$device: $!\\n";

# RTM_NEWROUTE, to be acknowledged, in the main table: RTN_PROHIBIT with the destination alone.
socket my $routes, 16, 3, 0 or die "netlink: $!\\n";
for (@denied) {
  my ($address, $bits) = split "/";
  my $route = pack "L S S L L C8 L S S C4",
    36, 24, 0x605, 1, 0, 2, $bits, 0, 0, 254, 4, 0, 8, 0, 8, 1, split /\\./, $address;
  defined send $routes, $route, 0 and defined recv $routes, my $answer, 4096, 0
    or die "route $_: $!\\n";
  my ($kind, $error) = unpack "x4 S x10 l", $answer;
  next if $kind == 2 and $error == 0;
  $! = -$error;
  die "route $_: $!\\n";
}
`;

export interface Gate {
  /** Where the program of its name is. */
  readonly program: string;
  readonly processId: number;
  readonly device: string;
  readonly denied: readonly string[];
}

/** Whether it can be closed on a machine of this architecture. */
export function hasGate(architecture: string = process.arch): boolean {
  return ENTER_CALL[architecture] !== undefined;
}

/** The command that closes the gate of a process's network and then becomes another one, or fails. */
export function toGatedCommand(gate: Gate, command: readonly string[]): [string, ...string[]] {
  const { program, processId, device, denied } = gate;
  const own = [ENTER_CALL[process.arch], processId, device].map(String);
  return [program, "-e", GATE, ...own, ...denied, "--", ...command];
}
