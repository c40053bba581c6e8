/**
 * Parses a JSON Web Token before it is verified: three parts of canonical base64url, so that no two texts are the same
 * token, and a header without parameters that could weaken the verification.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */

import { isRecord } from '../../shared/records.ts';
import { invalidCredentials } from '../proof.ts';

export interface UnverifiedToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  /** `typ` in lower case, without `application/`. */
  readonly type: string | undefined;
  /** Only selects the keys to verify the token with. */
  readonly claimedIssuer: string;
}

const threeParts = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const keyIdLengthMax = 256;

export function isJwt(token: string): boolean {
  return threeParts.test(token);
}

/**
 * Header parameters that carry or locate a key, change what is signed, or require extensions. A token must never choose
 * the key that it is verified with.
 */
const refusedHeaders = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'];

/** @throws {GatewayError} `UNAUTHENTICATED` */
export function parseToken(token: string): UnverifiedToken {
  if (!isJwt(token))
    throw invalidCredentials('the token is not a JWT: it does not have three parts of base64url');
  const [head = '', body = '', signature = ''] = token.split('.');
  if (!isCanonical(signature)) throw invalidCredentials('the signature is not canonical base64url');
  const header = readPart(head);
  const payload = readPart(body);
  for (const name of refusedHeaders) {
    if (Object.hasOwn(header, name)) throw invalidCredentials(`the token's header has ${name}`);
  }
  const { alg, kid, typ } = header;
  const { iss } = payload;
  if (typeof alg !== 'string') throw invalidCredentials('the token has no alg');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > keyIdLengthMax))
    throw invalidCredentials('the kid of the token is not a string of at most 256 characters');
  if (typ !== undefined && typeof typ !== 'string')
    throw invalidCredentials('the typ of the token is not a string');
  if (typeof iss !== 'string') throw invalidCredentials('the token has no iss');
  const type = typ?.toLowerCase().replace(/^application\//, '');
  return { algorithm: alg, keyId: kid, type, claimedIssuer: iss };
}

function readPart(part: string): Readonly<Record<string, unknown>> {
  if (!isCanonical(part)) throw invalidCredentials('a part of the token is not canonical base64url');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    throw invalidCredentials('a part of the token is not JSON');
  }
  if (!isRecord(value)) throw invalidCredentials('a part of the token is not a JSON object');
  return value;
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
