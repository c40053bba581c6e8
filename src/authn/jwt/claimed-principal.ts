/** Who a token with these claims would be from, for whoever asks without having one. */

import { claimsSchema, type JwtConfig } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { GatewayError } from '../../shared/errors.ts';
import { principalOf } from './claims.ts';

/**
 * @param jwt As configured; undefined: the usual names of claims count.
 * @throws {GatewayError} `CONFIG_INVALID` where they are of no issuer that is configured, or of nobody knows which.
 */
export function claimedPrincipal(
  claims: Readonly<Record<string, unknown>>,
  jwt: JwtConfig | undefined,
): Principal {
  const { iss = '' } = claims;
  const issuers = jwt?.issuers ?? [];
  const known = issuers.map(({ issuer }) => JSON.stringify(issuer)).join(', ');
  const chosen =
    claims.iss === undefined && issuers.length === 1
      ? issuers[0]
      : issuers.find(({ issuer }) => issuer === iss);
  if (issuers.length > 0 && !chosen) {
    const given =
      claims.iss === undefined ? 'say which issuer they are of' : `no issuer ${JSON.stringify(iss)}`;
    throw new GatewayError('CONFIG_INVALID', `${given}: "iss" must be one of ${known}`);
  }
  for (const name of ['sub', 'jti']) {
    if (claims[name] === undefined || typeof claims[name] === 'string') continue;
    throw new GatewayError('CONFIG_INVALID', `"${name}" must be a text: such a token is refused`);
  }
  const names = chosen?.claims ?? claimsSchema.parse({});
  return principalOf(claims, { names, issuer: chosen?.issuer ?? String(iss), provenBy: 'jwt' });
}
