/**
 * Which network addresses the gateway may connect to (SSRF protection), and which network a request comes from. Host
 * names are checked by the addresses they resolve to, at connection time, which prevents DNS rebinding.
 *
 * Pure: the resolver is passed in.
 */

import { BlockList, type LookupFunction, isIP } from 'node:net';

export interface AddressRules {
  /** Addresses of this machine. */
  readonly allowLoopback: boolean;
  /** Addresses of private networks: 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7. */
  readonly allowPrivate: boolean;
}

/** An address is refused. The message names it, and is for the log only. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'ADDRESS_REFUSED';
}

/** Metadata services of cloud providers, which hand out credentials of the machine. */
const metadata = blockList([
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
]);
const linkLocal = blockList(['169.254.0.0/16', 'fe80::/10']);
const multicastOrReserved = blockList(['224.0.0.0/4', '240.0.0.0/4', 'ff00::/8']);
const loopback = blockList(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']);
const privateNetworks = blockList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
  'fc00::/7',
  'fec0::/10',
]);

/**
 * @param address IPv4 or IPv6, also with a zone.
 * @returns The kind of the address if the rules refuse it, else undefined.
 */
export function refusedAddress(address: string, rules: AddressRules): string | undefined {
  const plain = withoutZone(address);
  // An IPv6 address may embed an IPv4 address and reach it.
  const candidates = [plain, ...embeddedIpv4(plain)];
  for (const candidate of candidates) {
    if (isIP(candidate) === 0) return 'not an address';
    if (contains(linkLocal, candidate)) return 'a link-local address';
    if (contains(metadata, candidate)) return 'the address of a metadata service';
    if (contains(multicastOrReserved, candidate)) return 'a multicast or reserved address';
    if (!rules.allowLoopback && contains(loopback, candidate)) return 'an address of this machine';
    if (!rules.allowPrivate && contains(privateNetworks, candidate)) return 'an address of a private network';
  }
  return undefined;
}

/** @throws {AddressRefused} If the host is a refused address; a host name is checked when it is resolved. */
export function checkHost(host: string, rules: AddressRules): void {
  if (isAddress(host)) checkAddress(withoutPort(host), rules);
}

/** Whether a host, with or without a port, is an address rather than a name; IPv6 may be in brackets. */
export function isAddress(host: string): boolean {
  return isIP(withoutZone(withoutPort(host))) !== 0;
}

/** @throws {AddressRefused} */
export function checkAddress(address: string, rules: AddressRules): void {
  const kind = refusedAddress(address, rules);
  if (kind !== undefined) throw new AddressRefused(`${address} is ${kind}`);
}

/** A DNS lookup for sockets that fails if any address of the name is refused. */
export function checkedLookup(lookup: LookupFunction, rules: AddressRules): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, addresses, family) => {
      if (error) {
        callback(error, addresses, family);
        return;
      }
      try {
        for (const entry of typeof addresses === 'string' ? [addresses] : addresses) {
          checkAddress(typeof entry === 'string' ? entry : entry.address, rules);
        }
      } catch (refusal) {
        callback(refusal as NodeJS.ErrnoException, '', 0);
        return;
      }
      callback(null, addresses, family);
    });
  };
}

/** Whether `text` is an address, or a range such as `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  return addRange(new BlockList(), text);
}

/** Whether an address, in plain form (`plainAddress`), is in one of the ranges. */
export function addressMatcher(ranges: readonly string[]): (address: string) => boolean {
  const list = blockList(ranges);
  return (address) => isIP(address) !== 0 && contains(list, address);
}

export interface ClientNetworkRules {
  /** Addresses and ranges of proxies whose `x-forwarded-for` is trusted. */
  readonly trustedProxies: readonly string[];
  /** IPv6 addresses with the same prefix of this length are one client: 1 to 128. */
  readonly ipv6PrefixBits: number;
}

/**
 * @param clientAddress Of the connection, in plain form (`plainAddress`).
 * @returns An id of the client's network: an IPv4 address, or the prefix of an IPv6 address.
 */
export type NetworkOf = (clientAddress: string, headers: Headers) => string;

/** Names in lower case. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export function clientNetworks({ trustedProxies, ipv6PrefixBits }: ClientNetworkRules): NetworkOf {
  const isTrusted = addressMatcher(trustedProxies);
  return (clientAddress, headers) => {
    const isForwarded = trustedProxies.length > 0 && isTrusted(clientAddress);
    const address = isForwarded ? forwardedAddress(clientAddress, headers, isTrusted) : clientAddress;
    return address.includes(':') ? ipv6Network(address, ipv6PrefixBits) : address;
  };
}

/** Converts an IPv4-mapped IPv6 address to IPv4; other addresses stay as they are. */
export function plainAddress(address: string): string {
  return /^::ffff:\d+\./i.test(address) ? address.slice('::ffff:'.length) : address;
}

/**
 * Each proxy appends the address of its client, so the last untrusted address is the client; those before may be
 * forged.
 */
function forwardedAddress(
  connection: string,
  headers: Headers,
  isTrusted: (address: string) => boolean,
): string {
  const header = headers['x-forwarded-for'];
  const hops = (typeof header === 'string' ? header : (header?.join() ?? '')).split(',');
  let client = connection;
  for (const hop of hops.toReversed()) {
    const address = plainAddress(withoutPort(hop.trim()));
    if (isIP(address) === 0) return client;
    client = address;
    if (!isTrusted(address)) return client;
  }
  return client;
}

/** Strips the port of `192.0.2.1:4711` and `[2001:db8::1]:4711`. */
function withoutPort(host: string): string {
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(host)?.[1] ?? host.replace(/^([\d.]+):\d{1,5}$/, '$1');
}

function ipv6Network(address: string, prefixBits: number): string {
  const plain = withoutZone(address);
  if (isIP(plain) !== 6) return address;
  const all = groupsOf(plain);
  const [mapped, high = 0, low = 0] = all.slice(5);
  // As a proxy may write it: `::ffff:c000:201`. One network for all of IPv4 would be limited together.
  if (mapped === 0xffff && all.slice(0, 5).every((group) => group === 0)) return dotted(high, low);
  const groups = all.slice(0, Math.ceil(prefixBits / 16));
  const spareBits = groups.length * 16 - prefixBits;
  return groups
    .map((group, i) => (i === groups.length - 1 ? (group >> spareBits) << spareBits : group).toString(16))
    .join(':');
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return list;
}

/** @returns False for anything that is neither an address nor a range. */
function addRange(list: BlockList, text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0) return false;
  const family = familyOf(address);
  if (bits === undefined) list.addAddress(address, family);
  else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv4' ? 32 : 128)) {
    list.addSubnet(address, Number(bits), family);
  } else return false;
  return true;
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

/** IPv4-mapped, IPv4-compatible, NAT64 and 6to4 addresses embed an IPv4 address. */
function embeddedIpv4(address: string): string[] {
  if (isIP(address) !== 6) return [];
  const groups = groupsOf(address);
  const [first = 0, second = 0, third = 0] = groups;
  const [high = 0, low = 0] = groups.slice(6);
  const zeros = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0);
  const isMapped = zeros(0, 5) && (groups[5] === 0xffff || groups[5] === 0);
  const isNat64 = first === 0x64 && second === 0xff9b;
  if (isMapped && !(high === 0 && low <= 1)) return [dotted(high, low)];
  if (isNat64) return [dotted(high, low)];
  return first === 0x2002 ? [dotted(second, third)] : [];
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/\d+\.\d+\.\d+\.\d+$/, (ipv4) => {
    const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const numbers = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const before = numbers(head);
  if (tail === undefined) return before;
  const after = numbers(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
