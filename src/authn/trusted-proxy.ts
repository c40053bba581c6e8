/** Trusts the identity headers of a proxy that has authenticated the user, on connections from its addresses only. */

import type { AuthConfig } from '../config/gateway/auth.ts';
import { addressMatcher } from '../shared/addresses.ts';
import { type IncomingRequest, isRepeated, type ProveSync, invalidCredentials } from './proof.ts';
import { own } from '../shared/records.ts';

type TrustedProxyConfig = NonNullable<AuthConfig['trustedProxy']>;

export function createTrustedProxy(config: TrustedProxyConfig): ProveSync {
  const { addresses, subjectHeader, rolesHeader } = config;
  const isTrusted = addressMatcher(addresses);
  return (request) => {
    if (!isTrusted(request.clientAddress)) return undefined;
    const subject = onlyValue(request, subjectHeader);
    if (subject === undefined || subject === '') return undefined;
    const roles = onlyValue(request, rolesHeader) ?? '';
    return {
      principal: {
        subject,
        client: null,
        tier: null,
        roles: roles.split(',').flatMap((role) => (role.trim() === '' ? [] : [role.trim()])),
        scopes: [],
        claims: {},
        provenBy: 'trusted-proxy',
        // One for all proxies: a user stays the same, whichever of them a request comes through.
        issuer: 'trusted-proxy',
        validUntilMs: null,
      },
    };
  };
}

/** A repeated header means that the proxy added its own to one sent by the client: neither can be trusted. */
function onlyValue({ http }: IncomingRequest, name: string): string | undefined {
  const value = own(http.headers, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || isRepeated(http, name))
    throw invalidCredentials(`the proxy sent ${name} more than once`);
  return value;
}
