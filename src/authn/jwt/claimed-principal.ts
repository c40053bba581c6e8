/** The principal that a token with the given claims would have: for explanations, which have no token. */

import { claimsSchema, type JwtConfig } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { GatewayError } from '../../shared/errors.ts';
import { principalOf } from './claims.ts';

/**
 * @param jwt Undefined: the default names of claims apply.
 * @throws {GatewayError} `CONFIG_INVALID` if the issuer is not configured, or not specified and not the only one.
 */
export function claimedPrincipal(
  claims: Readonly<Record<string, unknown>>,
  jwt: JwtConfig | undefined,
): Principal {
  const { iss = '' } = claims;
  const issuers = jwt?.issuers ?? [];
  const configured = issuers.map(({ issuer }) => JSON.stringify(issuer)).join(', ');
  const issuerConfig =
    claims.iss === undefined && issuers.length === 1
      ? issuers[0]
      : issuers.find(({ issuer }) => issuer === iss);
  if (issuers.length > 0 && !issuerConfig) {
    const problem =
      claims.iss === undefined ? 'the claims name no issuer' : `no issuer ${JSON.stringify(iss)}`;
    throw new GatewayError('CONFIG_INVALID', `${problem}: "iss" must be one of ${configured}`);
  }
  for (const name of ['sub', 'jti']) {
    if (claims[name] === undefined || typeof claims[name] === 'string') continue;
    throw new GatewayError('CONFIG_INVALID', `"${name}" must be a string: other tokens are refused`);
  }
  const names = issuerConfig?.claims ?? claimsSchema.parse({});
  return principalOf(claims, { names, issuer: issuerConfig?.issuer ?? String(iss), provenBy: 'jwt' });
}
