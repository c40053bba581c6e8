/** Verifies a JSON Web Token: its signature, issuer, audience and lifetime. */

import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';

import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { isGatewayError } from '../../shared/errors.ts';
import { invalidCredentials } from '../proof.ts';
import { principalOf } from './claims.ts';
import { parseToken, type UnverifiedToken } from './parse-token.ts';
import type { VerifyingKey } from './key-set.ts';
import type { IssuerKeys } from './issuer-keys.ts';

export interface Issuer {
  readonly config: IssuerConfig;
  readonly keys: IssuerKeys;
}

export interface Verifier {
  /** By their `iss`. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  /** ms since 1970. */
  readonly wallClock: () => number;
}

/** @throws {GatewayError} `UNAUTHENTICATED`, or `AUTHENTICATION_UNAVAILABLE` without keys of its issuer. */
export async function verifyToken(token: string, { issuers, wallClock }: Verifier): Promise<Principal> {
  const unverified = parseToken(token);
  const issuer = issuers.get(unverified.claimedIssuer);
  if (!issuer)
    throw invalidCredentials(
      `the issuer of the token is not configured${slashHint(unverified.claimedIssuer, issuers)}`,
    );
  const { config, keys } = issuer;
  if (!config.algorithms.some((name) => name === unverified.algorithm))
    throw invalidCredentials('the algorithm of the token is not allowed for its issuer');
  checkType(unverified.type, config);
  const nowMs = wallClock();
  const options = {
    issuer: config.issuer,
    audience: config.audience,
    algorithms: config.algorithms,
    requiredClaims: ['exp', ...config.requiredClaims],
    clockTolerance: config.clockToleranceSeconds,
    currentDate: new Date(nowMs),
  };
  const payload = await payloadOf({ token, unverified }, keys, options).catch(rethrow);
  // The library accepts properties that every object inherits as claims.
  const absent = config.requiredClaims.find((name) => !Object.hasOwn(payload, name));
  if (absent !== undefined) throw invalidCredentials(`the claim ${absent} of the token is missing`);
  const { exp, iat, sub, jti, cnf } = payload;
  // JSON numbers can be infinite (1e999): such a token would never expire.
  if (!Number.isSafeInteger(Math.floor(exp ?? Number.NaN)))
    throw invalidCredentials('the exp of the token is not a time');
  // The library accepts tokens issued in the future.
  if (iat !== undefined && !(iat <= nowMs / 1000 + config.clockToleranceSeconds))
    throw invalidCredentials('the token was issued in the future');
  if (sub !== undefined && typeof sub !== 'string')
    throw invalidCredentials('the sub of the token is not a string');
  if (jti !== undefined && typeof jti !== 'string')
    throw invalidCredentials('the jti of the token is not a string');
  if (cnf !== undefined && config.boundTokens === 'reject')
    throw invalidCredentials('the token is bound to a key');
  return principalOf(payload, { names: config.claims, issuer: config.issuer, provenBy: 'jwt' });
}

interface TokenToVerify {
  readonly token: string;
  readonly unverified: UnverifiedToken;
}

async function payloadOf(
  { token, unverified }: TokenToVerify,
  keys: IssuerKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  const { keys: candidates, set } = await keys.find(unverified);
  try {
    return await verifyWithAny(token, candidates, options);
  } catch (error) {
    if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    const replaced = await keys.findReplaced(unverified, set);
    if (replaced.length === 0) throw error;
    return verifyWithAny(token, replaced, options);
  }
}

/** Tries the next key if the signature does not match or the key is unusable, for example too short. */
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
      const isKeyFailure =
        error instanceof errors.JWSSignatureVerificationFailed || !(error instanceof errors.JOSEError);
      if (!isKeyFailure) throw error;
      // That another key cannot be used says less.
      if (!(failure instanceof errors.JWSSignatureVerificationFailed)) failure = error;
    }
  }
  throw failure;
}

const defaultTypes = new Set(['jwt', 'at+jwt']);

function checkType(type: string | undefined, { types }: IssuerConfig): void {
  const isAllowed = types
    ? types.some((name) => name.toLowerCase() === type)
    : type === undefined || defaultTypes.has(type);
  if (!isAllowed) throw invalidCredentials('the token is of another type');
}

/** A common mistake. The unverified `iss` of the token itself is not logged. */
function slashHint(claimed: string, issuers: Verifier['issuers']): string {
  const other = claimed.endsWith('/') ? claimed.slice(0, -1) : `${claimed}/`;
  return issuers.has(other) ? `: the configured issuer is ${other}, which differs by the trailing slash` : '';
}

function reasonOf({ claim, reason }: errors.JWTClaimValidationFailed | errors.JWTExpired): string {
  if (reason === 'missing') return `the claim ${claim} of the token is missing`;
  if (reason !== 'check_failed') return `the claim ${claim} of the token has a value of the wrong type`;
  if (claim === 'exp') return 'the token has expired';
  if (claim === 'nbf') return 'the nbf of the token is in the future';
  if (claim === 'aud') return 'the claim aud of the token has none of the configured audiences';
  return `the claim ${claim} of the token is not as configured`;
}

/** Uses codes and claim names only: the library does not promise that its messages never quote a token. */
function rethrow(error: unknown): never {
  if (isGatewayError(error)) throw error;
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    throw invalidCredentials(reasonOf(error));
  if (error instanceof errors.JOSEError) throw invalidCredentials(`the token does not verify: ${error.code}`);
  throw invalidCredentials('the token does not verify');
}
