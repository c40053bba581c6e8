/** Addresses of Redis servers and sentinels, as the library takes them and as logs show them. */

import { addressesOf, type RedisConfig } from '../config/gateway/redis.ts';
import { isAddress } from '../shared/addresses.ts';

export interface TlsOptions {
  /** None for an IP address, which is checked against the certificate all the same. */
  readonly servername?: string;
  readonly ca?: string;
}

export interface Endpoint {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: TlsOptions;
}

const serverPort = 6379;
export const sentinelPort = 26_379;

/** @param ca Certificate authorities in PEM; undefined: those that Node trusts. */
export function endpointOf(address: string, ca: string | undefined, defaultPort = serverPort): Endpoint {
  const { protocol, hostname, port, pathname, username, password } = new URL(address);
  if (protocol === 'unix:') return { path: decodeURIComponent(pathname) };
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: Number(port === '' ? defaultPort : port),
    ...accountOf({ username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    ...(/^\/\d+$/.test(pathname) ? { db: Number(pathname.slice(1)) } : {}),
    ...(protocol === 'rediss:' ? { tls: tlsOptions(ca, isAddress(host) ? undefined : host) } : {}),
  };
}

export function tlsOptions(ca: string | undefined, servername?: string): TlsOptions {
  return { ...(servername === undefined ? {} : { servername }), ...(ca === undefined ? {} : { ca }) };
}

/** Empty texts are no account. */
export function accountOf(account: {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}): Pick<Endpoint, 'username' | 'password'> {
  const { username = '', password = '' } = account;
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

/** Without users and passwords. */
export function addressText(redis: Pick<RedisConfig, 'url' | 'cluster' | 'sentinel'>): string {
  const texts = addressesOf(redis).map((address) => {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  });
  const { sentinel } = redis;
  return `${texts.join(', ')}${sentinel ? ` (${sentinel.name})` : ''}`;
}
