/**
 * The form of a token, before anything of it is believed: three parts of base64url, each written in the one way there
 * is, so that no two texts are the same token; a header that asks for nothing unusual.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */

import { isRecord } from '../../shared/records.ts';
import { refusal } from '../proof.ts';

export interface TokenForm {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  /** In lower case, without `application/`. */
  readonly type: string | undefined;
  /** Says whose keys to check it with, and nothing more until that is done. */
  readonly claimedIssuer: string;
}

const threeParts = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const keyIdLengthMax = 256;

export function hasTokenForm(token: string): boolean {
  return threeParts.test(token);
}

/**
 * Headers that bring or name a key, change what is signed, or say that more must be understood. Whoever signs a token
 * must not choose the key it is checked with.
 */
const refusedHeaders = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'];

/** @throws {GatewayError} `UNAUTHENTICATED` */
export function readForm(token: string): TokenForm {
  if (!hasTokenForm(token)) throw refusal('the token does not have three parts of base64url');
  const [head = '', body = '', signature = ''] = token.split('.');
  if (!isCanonical(signature)) throw refusal('the signature is not canonical base64url');
  const header = readPart(head);
  const payload = readPart(body);
  for (const name of refusedHeaders) {
    if (Object.hasOwn(header, name)) throw refusal(`the token's header has ${name}`);
  }
  const { alg, kid, typ } = header;
  const { iss } = payload;
  if (typeof alg !== 'string') throw refusal('the token names no algorithm');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > keyIdLengthMax))
    throw refusal('the kid of the token is not a short text');
  if (typ !== undefined && typeof typ !== 'string') throw refusal('the typ of the token is not a text');
  if (typeof iss !== 'string') throw refusal('the token names no issuer');
  const type = typ?.toLowerCase().replace(/^application\//, '');
  return { algorithm: alg, keyId: kid, type, claimedIssuer: iss };
}

function readPart(part: string): Readonly<Record<string, unknown>> {
  if (!isCanonical(part)) throw refusal('a part of the token is not canonical base64url');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    throw refusal('a part of the token is not JSON');
  }
  if (!isRecord(value)) throw refusal('a part of the token is no JSON object');
  return value;
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
