/** Whether one token holds: signed by its issuer, for this gateway, now. */

import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';

import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { isGatewayError } from '../../shared/errors.ts';
import { refusal } from '../proof.ts';
import { principalOf } from './claims.ts';
import { readForm } from './form.ts';
import type { VerifyingKey } from './key-set.ts';
import type { Keys } from './keys.ts';

export interface Issuer {
  readonly config: IssuerConfig;
  readonly keys: Keys;
}

export interface Verifier {
  /** By their `issuer`. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  /** ms since 1970. */
  readonly wallClock: () => number;
}

/** @throws {GatewayError} `UNAUTHENTICATED`, or `AUTHENTICATION_UNAVAILABLE` where its issuer's keys are not there. */
export async function verifyToken(token: string, { issuers, wallClock }: Verifier): Promise<Principal> {
  const form = readForm(token);
  const issuer = issuers.get(form.claimedIssuer);
  if (!issuer)
    throw refusal(`the issuer of the token is not configured${slashHint(form.claimedIssuer, issuers)}`);
  const { config, keys } = issuer;
  if (!config.algorithms.some((name) => name === form.algorithm))
    throw refusal('the algorithm of the token is not allowed for its issuer');
  checkType(form.type, config);
  const fitting = await keys.find(form).catch(translate);
  const nowMs = wallClock();
  const payload = await verifyWithAny(token, fitting, {
    issuer: config.issuer,
    audience: config.audience,
    algorithms: config.algorithms,
    requiredClaims: ['exp', ...config.requiredClaims],
    clockTolerance: config.clockToleranceSeconds,
    currentDate: new Date(nowMs),
  }).catch(translate);
  // The library takes what every object inherits for a claim.
  const missing = config.requiredClaims.find((name) => !Object.hasOwn(payload, name));
  if (missing !== undefined) throw refusal(`the claim ${missing} of the token is missing`);
  const { exp, iat, sub, jti, cnf } = payload;
  // JSON can say a number that is none: a token would hold for ever.
  if (!Number.isSafeInteger(Math.floor(exp ?? Number.NaN))) throw refusal('the exp of the token is no time');
  // The library takes a token from the future.
  if (iat !== undefined && !(iat <= nowMs / 1000 + config.clockToleranceSeconds))
    throw refusal('the token was issued in the future');
  if (sub !== undefined && typeof sub !== 'string') throw refusal('the sub of the token is not a text');
  if (jti !== undefined && typeof jti !== 'string') throw refusal('the jti of the token is not a text');
  if (cnf !== undefined && config.boundTokens === 'reject') throw refusal('the token is bound to a key');
  return principalOf(payload, { names: config.claims, issuer: config.issuer, provenBy: 'jwt' });
}

/** A signature that another key made, or a key that cannot be used, such as a short one, lets the next one be tried. */
async function verifyWithAny(
  token: string,
  keys: readonly VerifyingKey[],
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let failure: unknown;
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      const isOfKey =
        error instanceof errors.JWSSignatureVerificationFailed || !(error instanceof errors.JOSEError);
      if (!isOfKey) throw error;
      failure = error;
    }
  }
  throw failure;
}

const usualTypes = new Set(['jwt', 'at+jwt']);

function checkType(type: string | undefined, { types }: IssuerConfig): void {
  const fits = types
    ? types.some((name) => name.toLowerCase() === type)
    : type === undefined || usualTypes.has(type);
  if (!fits) throw refusal('the token is of another type');
}

/** The usual mistake; what the token says itself, which nobody has signed, is not for the log. */
function slashHint(claimed: string, issuers: Verifier['issuers']): string {
  const other = claimed.endsWith('/') ? claimed.slice(0, -1) : `${claimed}/`;
  return issuers.has(other) ? `: that is ${other}, which differs by the slash at the end` : '';
}

function reasonOf({ claim, reason }: errors.JWTClaimValidationFailed | errors.JWTExpired): string {
  if (reason === 'missing') return `the claim ${claim} of the token is missing`;
  if (reason !== 'check_failed') return `the claim ${claim} of the token has no value of its kind`;
  if (claim === 'exp') return 'the token has expired';
  if (claim === 'nbf') return 'the nbf of the token is in the future';
  if (claim === 'aud') return 'the claim aud of the token has none of the configured audiences';
  return `the claim ${claim} of the token is not as configured`;
}

/** Codes and names of claims only: the library's messages are safe today, and nobody promised that they stay so. */
function translate(error: unknown): never {
  if (isGatewayError(error)) throw error;
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    throw refusal(reasonOf(error));
  if (error instanceof errors.JOSEError) throw refusal(`the token does not verify: ${error.code}`);
  throw refusal('the token does not verify');
}
