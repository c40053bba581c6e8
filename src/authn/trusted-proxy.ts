/** A proxy that has proven the user already: its headers count, and only when they come over a connection from it. */

import type { AuthConfig } from '../config/gateway/auth.ts';
import { addressMatcher } from '../shared/addresses.ts';
import { type IncomingRequest, isRepeated, type ProveNow, refusal } from './proof.ts';
import { own } from '../shared/records.ts';

type TrustedProxyConfig = NonNullable<AuthConfig['trustedProxy']>;

export function createTrustedProxy(config: TrustedProxyConfig): ProveNow {
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
        issuer: request.clientAddress,
        validUntilMs: null,
      },
    };
  };
}

/** Twice the same header means that the proxy added its own to one that a client sent: neither counts. */
function onlyValue({ http }: IncomingRequest, name: string): string | undefined {
  const value = own(http.headers, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || isRepeated(http, name))
    throw refusal(`the proxy sent ${name} more than once`);
  return value;
}
