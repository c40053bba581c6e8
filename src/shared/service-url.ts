/**
 * Addresses of services: `http(s)://` and `grpc(s)://`, and those that DNS is asked about, `dns+https://` and
 * `srv+https://`.
 */

/**
 * `fixed`: an address as it stands. `addresses`: A and AAAA records. `services`: SRV records. `either`: SRV records
 * where there are some.
 */
export type DiscoveryKind = 'fixed' | 'addresses' | 'services' | 'either';

const prefix = /^(dns|srv)\+(?=(https?|grpcs?):)/;

export function discoveryKind(url: string): DiscoveryKind {
  const [, by, scheme = ''] = prefix.exec(url) ?? [];
  if (by === undefined) return 'fixed';
  if (by === 'srv') return 'services';
  if (namesPort(url)) return 'addresses';
  // gRPC has no usual port.
  return scheme.startsWith('grpc') ? 'services' : 'either';
}

/** Unlike `URL.port`, which is empty for the usual port as well. */
export function namesPort(url: string): boolean {
  return /^[^/]*\/\/[^/?#]*:\d+([/?#]|$)/.test(url);
}

/** The name to ask DNS about. */
export function nameInUrl(url: string): string {
  return new URL(url.replace(prefix, '')).hostname;
}

/**
 * What calls, the host header and TLS use. `_https._tcp.shop.internal` is the name of a record; that of the service is
 * `shop.internal`.
 *
 * @param port Instead of the one in the url.
 */
export function plainUrl(url: string, port?: number): string {
  if (!prefix.test(url)) return url;
  const plain = new URL(url.replace(prefix, ''));
  plain.hostname = plain.hostname.replace(/^(_[^.]+\.)+/, '');
  if (port !== undefined) plain.port = String(port);
  return plain.href;
}
