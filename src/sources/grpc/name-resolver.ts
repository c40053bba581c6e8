/**
 * Names of gRPC services, resolved as grpc-js does it and checked before it connects: a name that leads to a refused
 * address leads nowhere.
 */

import { experimental, Metadata, status, type ChannelOptions } from '@grpc/grpc-js';

import { refusedAddress, type AddressRules } from '../../shared/addresses.ts';

type Listener = experimental.ResolverListener;
type Target = Parameters<typeof experimental.createResolver>[0];

const scheme = 'checked';

class CheckedResolver implements experimental.Resolver {
  readonly #names: experimental.Resolver;

  constructor(target: Target, listener: Listener, options: ChannelOptions) {
    const rules = rulesIn(target.authority ?? '');
    const checked: Listener = (found, ...rest) => listener(found.ok ? judged(found, rules) : found, ...rest);
    this.#names = experimental.createResolver({ scheme: 'dns', path: target.path }, checked, options);
  }

  updateResolution(): void {
    this.#names.updateResolution();
  }

  destroy(): void {
    this.#names.destroy();
  }

  /** What TLS and the `:authority` of calls use. */
  static getDefaultAuthority({ path }: Target): string {
    return path;
  }
}

type Found = Parameters<Listener>[0];

function judged(found: Extract<Found, { ok: true }>, rules: AddressRules): Found {
  for (const { addresses } of found.value) {
    for (const address of addresses) {
      const kind = 'host' in address ? refusedAddress(address.host, rules) : 'no network address';
      if (kind === undefined) continue;
      const details = `its name leads to ${kind}`;
      return { ok: false, error: { code: status.UNAVAILABLE, details, metadata: new Metadata() } };
    }
  }
  return found;
}

let isRegistered = false;

/** @param address `host:port`. */
export function checkedTarget(address: string, { allowLoopback, allowPrivate }: AddressRules): string {
  if (!isRegistered) experimental.registerResolver(scheme, CheckedResolver);
  isRegistered = true;
  return `${scheme}://${allowLoopback ? 'loopback' : ''}.${allowPrivate ? 'private' : ''}/${address}`;
}

function rulesIn(authority: string): AddressRules {
  return { allowLoopback: authority.startsWith('loopback'), allowPrivate: authority.endsWith('private') };
}
