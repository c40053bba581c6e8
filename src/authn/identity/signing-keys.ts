/**
 * The keys that identity for backends is signed with: the first one signs, all are published. Each is published for a
 * whole turn before it signs and for one after, so that no backend meets a key that it could not have fetched.
 *
 *     [signs, next, before]  --turn-->  [next, new, signs]
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

/** A private key, as it goes to worker processes: a JSON Web Key with `kid` and `alg`. */
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

/** After one turn. */
export async function turned(keys: readonly SigningJwk[]): Promise<readonly SigningJwk[]> {
  const [signs, next] = keys;
  if (!signs || !next) throw new Error('there are two keys from the start');
  return [next, await newKey(next.alg), signs];
}

/** What backends may know of the keys: a JSON Web Key Set. */
export function publicKeySet(keys: readonly SigningJwk[]): string {
  return JSON.stringify({
    keys: keys.map((key) => ({ ...publicPart(key), kid: key.kid, alg: key.alg, use: 'sig' })),
  });
}

/** @throws {GatewayError} `CONFIG_INVALID`, which names the file and never says what is in it. */
export async function readSigningKeys(path: string): Promise<readonly SigningJwk[]> {
  try {
    const text = await readFile(path, 'utf8');
    return await parsed(text);
  } catch (error) {
    // What JSON.parse complains of quotes the text.
    const reason = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message;
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
    throw new Error('expected another kid for each key');
  return keys;
}

async function checkedKey(value: unknown, i: number): Promise<SigningJwk> {
  const key = isRecord(value) ? value : {};
  const { kty, crv, x, y, d, kid } = key;
  const algorithm = algorithmOf(kty, crv);
  const isWhole = typeof x === 'string' && typeof d === 'string' && (kty === 'OKP' || typeof y === 'string');
  if (!algorithm || !isWhole)
    throw new Error(`key ${i + 1} is no private key of the curves P-256 and Ed25519`);
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 256))
    throw new Error(`the kid of key ${i + 1} is no short text`);
  const whole = {
    kty: String(kty),
    crv: String(crv),
    x,
    d,
    alg: algorithm,
    ...(typeof y === 'string' ? { y } : {}),
  };
  const named = { ...whole, kid: kid ?? (await calculateJwkThumbprint(whole)) };
  if (!belongTogether(named)) throw new Error(`the private and the public part of key ${i + 1} do not fit`);
  return named;
}

function algorithmOf(kty: unknown, crv: unknown): SigningAlgorithm | undefined {
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
}

function belongTogether(key: SigningJwk): boolean {
  const probe = Buffer.from('probe');
  try {
    const publicKey = createPublicKey({ key: publicPart(key), format: 'jwk' });
    return verify(hashOf(key.alg), probe, publicKey, sign(hashOf(key.alg), probe, privateKeyOf(key)));
  } catch {
    return false;
  }
}

/** Ed25519 brings its own. */
export function hashOf(algorithm: SigningAlgorithm): 'sha256' | null {
  return algorithm === 'ES256' ? 'sha256' : null;
}

export function privateKeyOf(key: SigningJwk): KeyObject {
  return createPrivateKey({ key: { ...publicPart(key), d: key.d }, format: 'jwk' });
}

/** By name, so that nothing else of a key is ever published. */
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
