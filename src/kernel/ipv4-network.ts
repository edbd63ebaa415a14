// IPv4 networks as people write them, `10.0.0.0/8`, in the one spelling that the kernel takes: every part a
// plain decimal, and no bit set behind the prefix.

const PART = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const ADDRESS = new RegExp(String.raw`^${PART}(?:\.${PART}){3}$`);
const ADDRESS_BITS = 32;
const BYTE_VALUES = 256;

/** @returns the network with its prefix, a single address as a network of one; `undefined` for anything else */
export function parseIpv4Network(text: string): string | undefined {
  const [address = "", prefix = String(ADDRESS_BITS), ...rest] = text.split("/");
  const bits = Number(prefix);
  if (rest.length > 0 || !ADDRESS.test(address) || !/^[1-9]\d?$/.test(prefix)) return undefined;
  if (bits > ADDRESS_BITS || toNumber(address) % toSize(bits) !== 0) return undefined;
  return `${address}/${bits}`;
}

/** Whether all of a network lies in another; both as `parseIpv4Network` returns them. */
export function isWithin(network: string, outer: string): boolean {
  const [inside, around] = [toRange(network), toRange(outer)];
  return around.first <= inside.first && inside.end <= around.end;
}

function toRange(network: string): { first: number; end: number } {
  const [address = "", prefix] = network.split("/");
  const first = toNumber(address);
  return { first, end: first + toSize(Number(prefix)) };
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * BYTE_VALUES + Number(part), 0);
}

function toSize(bits: number): number {
  return 2 ** (ADDRESS_BITS - bits);
}
