/**
 * URLs of services: `http(s)://` and `grpc(s)://`, and with service discovery by DNS, `dns+https://` and
 * `srv+https://`.
 */

/**
 * `fixed`: no discovery. `addresses`: A and AAAA records. `services`: SRV records. `either`: SRV records if there are
 * any, else A and AAAA records.
 */
export type DiscoveryKind = 'fixed' | 'addresses' | 'services' | 'either';

const prefix = /^(dns|srv)\+(?=(https?|grpcs?):)/;

export function discoveryKind(url: string): DiscoveryKind {
  const [, discovery, scheme = ''] = prefix.exec(url) ?? [];
  if (discovery === undefined) return 'fixed';
  if (discovery === 'srv') return 'services';
  if (hasExplicitPort(url)) return 'addresses';
  // gRPC has no default port.
  return scheme.startsWith('grpc') ? 'services' : 'either';
}

/** Unlike `URL.port`, which is also empty for the default port. */
export function hasExplicitPort(url: string): boolean {
  return /^[^/]*\/\/[^/?#]*:\d+([/?#]|$)/.test(url);
}

/** The name to look up in DNS. */
export function nameInUrl(url: string): string {
  return new URL(url.replace(prefix, '')).hostname;
}

/**
 * The URL for calls, the host header and TLS, without the discovery prefix. `_https._tcp.shop.internal` names a record;
 * the service is `shop.internal`.
 *
 * @param port Replaces the port in the URL.
 */
export function plainUrl(url: string, port?: number): string {
  if (!prefix.test(url)) return url;
  const plain = new URL(url.replace(prefix, ''));
  plain.hostname = plain.hostname.replace(/^(_[^.]+\.)+/, '');
  if (port !== undefined) plain.port = String(port);
  return plain.href;
}
