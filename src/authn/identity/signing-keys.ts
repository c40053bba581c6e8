/**
 * The signing keys of identity propagation: the first one signs, all are published. Each key is published for a whole
 * rotation period before it signs and for one after, so that backends always know the key of a token in time.
 *
 *     [current, next, previous]  --rotation-->  [next, new, current]
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { calculateJwkThumbprint, type JWK } from 'jose';

import { GatewayError } from '../../shared/errors.ts';
import { isRecord } from '../../shared/records.ts';

export type SigningAlgorithm = 'ES256' | 'EdDSA';

/** A private JSON Web Key with `kid` and `alg`; also sent to worker processes. */
export interface SigningJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
  readonly d: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
}

export async function newSigningKeys(algorithm: SigningAlgorithm): Promise<readonly SigningJwk[]> {
  return [await newKey(algorithm), await newKey(algorithm)];
}

/** The keys after one rotation. */
export async function rotatedKeys(keys: readonly SigningJwk[]): Promise<readonly SigningJwk[]> {
  const [current, next] = keys;
  if (!current || !next) throw new Error('a rotation needs the current and the next key');
  return [next, await newKey(next.alg), current];
}

/** The public keys for backends: a JSON Web Key Set. */
export function publicKeySet(keys: readonly SigningJwk[]): string {
  return JSON.stringify({
    keys: keys.map((key) => ({ ...publicPart(key), kid: key.kid, alg: key.alg, use: 'sig' })),
  });
}

/** @throws {GatewayError} `CONFIG_INVALID`: names the file, never its content. */
export async function readSigningKeys(path: string): Promise<readonly SigningJwk[]> {
  try {
    const text = await readFile(path, 'utf8');
    return await parsed(text);
  } catch (error) {
    // The message of JSON.parse quotes the text.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new GatewayError('CONFIG_INVALID', `auth.identity.signed.keyFile ${path}: ${reason}`);
  }
}

const keysMax = 10;

async function parsed(text: string): Promise<readonly SigningJwk[]> {
  const set: unknown = JSON.parse(text);
  const list: unknown = isRecord(set) ? set.keys : undefined;
  if (!Array.isArray(list) || list.length === 0 || list.length > keysMax)
    throw new Error(`expected "keys": 1 to ${keysMax} private JSON Web Keys`);
  const keys = await Promise.all(list.map(checkedKey));
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length)
    throw new Error('expected a different kid for each key');
  return keys;
}

async function checkedKey(value: unknown, i: number): Promise<SigningJwk> {
  const key = isRecord(value) ? value : {};
  const { kty, crv, x, y, d, kid } = key;
  const algorithm = algorithmOf(kty, crv);
  const isComplete =
    typeof x === 'string' && typeof d === 'string' && (kty === 'OKP' || typeof y === 'string');
  if (!algorithm || !isComplete)
    throw new Error(`key ${i + 1} is not a private key on the curve P-256 or Ed25519`);
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 256))
    throw new Error(`the kid of key ${i + 1} is not a string of 1 to 256 characters`);
  const unnamed = {
    kty: String(kty),
    crv: String(crv),
    x,
    d,
    alg: algorithm,
    ...(typeof y === 'string' ? { y } : {}),
  };
  const named = { ...unnamed, kid: kid ?? (await calculateJwkThumbprint(unnamed)) };
  if (!isKeyPair(named)) throw new Error(`the private and public parts of key ${i + 1} do not match`);
  return named;
}

function algorithmOf(kty: unknown, crv: unknown): SigningAlgorithm | undefined {
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
}

function isKeyPair(key: SigningJwk): boolean {
  const probe = Buffer.from('probe');
  try {
    const publicKey = createPublicKey({ key: publicPart(key), format: 'jwk' });
    return verify(hashOf(key.alg), probe, publicKey, sign(hashOf(key.alg), probe, privateKeyOf(key)));
  } catch {
    return false;
  }
}

/** Null: the hash function is part of Ed25519. */
export function hashOf(algorithm: SigningAlgorithm): 'sha256' | null {
  return algorithm === 'ES256' ? 'sha256' : null;
}

export function privateKeyOf(key: SigningJwk): KeyObject {
  return createPrivateKey({ key: { ...publicPart(key), d: key.d }, format: 'jwk' });
}

/** Copies field by field, so that no private part is ever published. */
function publicPart({ kty, crv, x, y }: SigningJwk): JWK & { readonly kty: string } {
  return { kty, crv, x, ...(y === undefined ? {} : { y }) };
}

async function newKey(algorithm: SigningAlgorithm): Promise<SigningJwk> {
  const { privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  return checkedKey(privateKey.export({ format: 'jwk' }), 0);
}
