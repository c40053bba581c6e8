/** Checks the claims in a token introspection response, and makes a principal from them. */

import type { IntrospectionConfig } from '../../config/gateway/auth-introspection.ts';
import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { principalOf } from '../jwt/claims.ts';
import { invalidCredentials } from '../proof.ts';
import { own } from '../../shared/records.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * An issuer may omit any of these claims, but those present must be valid.
 *
 * @throws {GatewayError} `UNAUTHENTICATED`
 */
export function checkedPrincipal(
  claims: Claims,
  config: IssuerConfig,
  { tokenTypeRequired, nowMs }: Pick<IntrospectionConfig, 'tokenTypeRequired'> & { readonly nowMs: number },
): Principal {
  const { iss, aud, sub, jti, cnf, token_type: type, token_use: use } = claims;
  for (const name of config.requiredClaims)
    if (own(claims, name) === undefined)
      throw invalidCredentials(`the claim ${name} of the token is missing`);
  if (iss !== undefined && iss !== config.issuer)
    throw invalidCredentials('the token was issued by another issuer');
  if (aud !== undefined && !isFor(aud, config.audience))
    throw invalidCredentials('the token is for another audience');
  for (const [name, value] of Object.entries({ sub, jti }))
    if (value !== undefined && typeof value !== 'string')
      throw invalidCredentials(`the ${name} of the token is not a string`);
  checkTimes(claims, config.clockToleranceSeconds, nowMs);
  // Some issuers report refresh tokens as active too, without a type.
  if (type === undefined ? tokenTypeRequired : !isBearer(type))
    throw invalidCredentials('the token is of another type');
  if (use !== undefined && use !== 'access_token') throw invalidCredentials('the token is for another use');
  if (cnf !== undefined && config.boundTokens === 'reject')
    throw invalidCredentials('the token is bound to a key');
  return principalOf(claims, { names: config.claims, issuer: config.issuer, provenBy: 'introspection' });
}

function isFor(aud: unknown, audience: readonly string[]): boolean {
  const entries: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return entries.some((entry) => typeof entry === 'string' && audience.includes(entry));
}

function isBearer(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'bearer';
}

function checkTimes({ exp, nbf, iat }: Claims, toleranceSeconds: number, nowMs: number): void {
  const now = nowMs / 1000;
  for (const [name, value] of Object.entries({ exp, nbf, iat })) {
    // JSON numbers can be infinite (1e999): such a token would never expire.
    if (value !== undefined && !Number.isSafeInteger(Math.floor(Number(value) === value ? value : NaN)))
      throw invalidCredentials(`the ${name} of the token is not a time`);
  }
  if (typeof exp === 'number' && exp <= now - toleranceSeconds)
    throw invalidCredentials('the token has expired');
  for (const [name, value] of Object.entries({ nbf, iat }))
    if (typeof value === 'number' && value > now + toleranceSeconds)
      throw invalidCredentials(`the ${name} of the token is in the future`);
}
