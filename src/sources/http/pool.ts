/** The connections to one origin: undici's pool, set up so that only allowed addresses are ever connected to. */

import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';

import { Client, type Dispatcher, Pool } from 'undici';

import type { ServiceTransport } from '../../config/gateway/transport.ts';
import { checkAddress, checkHost, checkedLookup } from '../../shared/addresses.ts';

export interface PoolTarget {
  readonly origin: string;
  /** Connect here; the name of `origin` is for TLS and the host header. */
  readonly address: string | undefined;
  /** Injected by tests. */
  readonly lookup?: LookupFunction;
}

/** @throws {AddressRefused} When the address is refused whatever a resolver says. */
export function createPool(target: PoolTarget, service: ServiceTransport): Pool {
  const { origin, address } = target;
  checkHost(new URL(origin).hostname, service);
  if (address !== undefined) checkAddress(address, service);
  const { tls = {} } = service;
  return new Pool(origin, {
    factory: (url, options) => new PooledClient(url, options),
    connections: service.connections,
    pipelining: service.pipelining,
    allowH2: service.http2,
    keepAliveTimeout: service.keepAliveMs,
    connect: {
      timeout: service.connectTimeoutMs,
      lookup: address === undefined ? checkedLookup(target.lookup ?? systemLookup, service) : pinned(address),
      minVersion: 'TLSv1.2',
      ...definedOf(tls),
    },
    // Each call has its own, exact timer.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/**
 * A connection that a request which cannot be built leaves free. Without this undici's pool takes it for busy, and waits
 * for ever for the end of a request that it never had.
 */
class PooledClient extends Client {
  override dispatch(options: Dispatcher.DispatchOptions, call: PooledCall): boolean {
    if (super.dispatch(options, call)) return true;
    // Not by `stats`, which counts everything anew for each call.
    return call.isReleased && !this.closed && !this.destroyed;
  }
}

/** What is sent over these connections. */
export interface PooledCall extends Dispatcher.DispatchHandler {
  /** Nothing of it is under way any more. Set when its end was reported. */
  readonly isReleased: boolean;
}

const systemLookup: LookupFunction = (hostname, options, callback) => lookup(hostname, options, callback);

function pinned(address: string): LookupFunction {
  const family = isIP(address);
  return (_hostname, { all }, callback) => {
    if (all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

function definedOf<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Value;
}
