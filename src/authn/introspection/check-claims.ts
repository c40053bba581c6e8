/** Whether what an issuer says of a token lets it count here, and whose it is then. */

import type { IntrospectionConfig } from '../../config/gateway/auth-introspection.ts';
import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { principalOf } from '../jwt/claims.ts';
import { refusal } from '../proof.ts';
import { own } from '../../shared/records.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * An issuer may leave out any of these claims; one that is there must be right.
 *
 * @throws {GatewayError} `UNAUTHENTICATED`
 */
export function checkedPrincipal(
  claims: Claims,
  config: IssuerConfig,
  { tokenTypeRequired }: Pick<IntrospectionConfig, 'tokenTypeRequired'>,
  nowMs: number,
): Principal {
  const { iss, aud, sub, jti, cnf, token_type: type, token_use: use } = claims;
  for (const name of config.requiredClaims)
    if (own(claims, name) === undefined) throw refusal(`the claim ${name} of the token is missing`);
  if (iss !== undefined && iss !== config.issuer) throw refusal('the token is of another issuer');
  if (aud !== undefined && !isFor(aud, config.audience)) throw refusal('the token is for another audience');
  for (const [name, value] of Object.entries({ sub, jti }))
    if (value !== undefined && typeof value !== 'string')
      throw refusal(`the ${name} of the token is not a text`);
  checkTimes(claims, config.clockToleranceSeconds, nowMs);
  // Some issuers call refresh tokens active too, and say no type for them.
  if (type === undefined ? tokenTypeRequired : !isBearer(type)) throw refusal('the token is of another type');
  if (use !== undefined && use !== 'access_token') throw refusal('the token is for another use');
  if (cnf !== undefined && config.boundTokens === 'reject') throw refusal('the token is bound to a key');
  return principalOf(claims, { names: config.claims, issuer: config.issuer, provenBy: 'introspection' });
}

function isFor(aud: unknown, audience: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => typeof one === 'string' && audience.includes(one));
}

function isBearer(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'bearer';
}

function checkTimes({ exp, nbf, iat }: Claims, toleranceSeconds: number, nowMs: number): void {
  const now = nowMs / 1000;
  for (const [name, value] of Object.entries({ exp, nbf, iat })) {
    // JSON can say a number that is none: a token would hold for ever.
    if (value !== undefined && !Number.isSafeInteger(Math.floor(Number(value) === value ? value : NaN)))
      throw refusal(`the ${name} of the token is no time`);
  }
  if (typeof exp === 'number' && exp <= now - toleranceSeconds) throw refusal('the token has expired');
  for (const [name, value] of Object.entries({ nbf, iat }))
    if (typeof value === 'number' && value > now + toleranceSeconds)
      throw refusal(`the ${name} of the token is in the future`);
}
