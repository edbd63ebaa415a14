import assert from "node:assert/strict";
import { test } from "node:test";
import { createSyscallFilter } from "./sandbox-syscalls.ts";

const [ALLOWED, REFUSED, UNKNOWN, NO_FAMILY] = [0x7fff0000, 0x00050001, 0x00050026, 0x00050061];
const ARCHITECTURES = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** What the kernel would do with a call, by running the filter as it does. */
function decide(
  filter: Buffer,
  call: { number: number; architecture: number; argument?: number },
): number {
  const data = new Map([
    [0, call.number],
    [4, call.architecture],
    [16, call.argument ?? 0],
  ]);
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const value = filter.readUInt32LE(at + 4);
    const jump = (holds: boolean) => {
      at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
    };
    switch (filter.readUInt16LE(at)) {
      case 0x20:
        accumulator = data.get(value) ?? assert.fail(`reads ${value}`);
        break;
      case 0x15:
        jump(accumulator === value);
        break;
      case 0x35:
        jump(accumulator >= value);
        break;
      case 0x45:
        jump((accumulator & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        assert.fail("an unknown instruction");
    }
  }
  return assert.fail("the filter has no end");
}

const CASES = [
  ["read", { x64: 0, arm64: 63 }, ALLOWED],
  ["execve", { x64: 59, arm64: 221 }, ALLOWED],
  ["epoll_pwait", { x64: 281, arm64: 22 }, ALLOWED],
  ["unshare", { x64: 272, arm64: 97 }, REFUSED],
  ["mount", { x64: 165, arm64: 40 }, REFUSED],
  ["keyctl", { x64: 250, arm64: 219 }, REFUSED],
  ["vhangup", { x64: 153, arm64: 58 }, REFUSED],
  ["clone3", { x64: 435, arm64: 435 }, UNKNOWN],
] as const;

test("refuses calls by their number on each architecture, and allows the others", () => {
  for (const name of ["x64", "arm64"] as const) {
    const filter = createSyscallFilter(name);
    assert.ok(filter);
    const architecture = ARCHITECTURES[name];
    for (const [call, numbers, expected] of CASES) {
      assert.equal(decide(filter, { number: numbers[name], architecture }), expected, call);
    }
  }
});

test("allows threads and processes, but no namespaces", () => {
  for (const [name, number] of [
    ["x64", 56],
    ["arm64", 220],
  ] as const) {
    const filter = createSyscallFilter(name);
    assert.ok(filter);
    const call = { number, architecture: ARCHITECTURES[name] };
    // Those of a fork, and of a thread.
    for (const argument of [0x01200011, 0x003d0f00])
      assert.equal(decide(filter, { ...call, argument }), ALLOWED);
    for (const argument of [0x10000011, 0x20000000, 0x40000000, 0x02000000, 0x00020000, 0x80]) {
      assert.equal(decide(filter, { ...call, argument }), REFUSED, argument.toString(16));
    }
  }
});

test("allows sockets of the families that a network namespace bounds, and no others", () => {
  for (const [name, number] of [
    ["x64", 41],
    ["arm64", 198],
  ] as const) {
    const filter = createSyscallFilter(name);
    assert.ok(filter);
    const call = { number, architecture: ARCHITECTURES[name] };
    for (const argument of [1, 2, 10, 16])
      assert.equal(decide(filter, { ...call, argument }), ALLOWED);
    // None, packets, ciphers, the hypervisor's, and what the kernel does not know.
    for (const argument of [0, 17, 38, 40, 0xffffffff])
      assert.equal(decide(filter, { ...call, argument }), NO_FAMILY, String(argument));
  }
});

test("refuses calls by another architecture's numbers or another convention", () => {
  const filter = createSyscallFilter("x64");
  assert.ok(filter);
  assert.equal(decide(filter, { number: 0, architecture: 0x40000003 }), REFUSED);
  assert.equal(decide(filter, { number: 0x40000000, architecture: ARCHITECTURES.x64 }), REFUSED);
  assert.equal(createSyscallFilter("riscv64"), undefined);
});
