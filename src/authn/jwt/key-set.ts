/** Selects the keys to verify a token with, from the issuer's key set: the token never brings a key of its own. */

import { importJWK, type CryptoKey, type JWK } from 'jose';

import type { UnverifiedToken } from './parse-token.ts';
import { isRecord } from '../../shared/records.ts';

export type VerifyingKey = CryptoKey | Uint8Array;

/** Keys to try for a token without `kid`: each costs a signature check. */
const candidatesMax = 4;

export class KeySet {
  readonly #keys: readonly JWK[];
  /** By the key's index and the algorithm. */
  readonly #imported = new Map<string, Promise<VerifyingKey>>();
  /** Equal for sets with the same keys. */
  readonly text: string;

  constructor(keys: readonly JWK[]) {
    this.#keys = keys;
    this.text = JSON.stringify(keys);
  }

  /** @returns The key that the token's `kid` names, else the first few that suit its algorithm. */
  find({ algorithm, keyId }: UnverifiedToken): ReadonlyArray<Promise<VerifyingKey>> {
    const candidates = [...this.#keys.entries()].filter(
      ([, key]) => (keyId === undefined || key.kid === keyId) && isUsableFor(key, algorithm),
    );
    // A kid that is not unique identifies no key.
    if (keyId !== undefined && candidates.length > 1) return [];
    return candidates
      .slice(0, candidatesMax)
      .map(([index, key]) => this.#import(`${index} ${algorithm}`, key, algorithm));
  }

  #import(id: string, key: JWK, algorithm: string): Promise<VerifyingKey> {
    let imported = this.#imported.get(id);
    if (!imported) {
      imported = importJWK(key, algorithm);
      this.#imported.set(id, imported);
    }
    return imported;
  }
}

const keysMax = 100;

/** @throws {Error} If the value is not a key set. Keys that can never be used are ignored. */
export function readKeySet(value: unknown): KeySet {
  const keys = isRecord(value) ? value.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('the key set has no list of keys');
  const usable = keys.filter((key): key is JWK => isRecord(key) && typeof key.kty === 'string');
  if (usable.length === 0) throw new Error('the key set has no keys');
  if (usable.length > keysMax) throw new Error(`the key set has more than ${keysMax} keys`);
  return new KeySet(usable);
}

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function isUsableFor(key: JWK, algorithm: string): boolean {
  if (key.alg !== undefined && key.alg !== algorithm && !(algorithm === 'EdDSA' && key.alg === 'Ed25519'))
    return false;
  if (key.use !== undefined && key.use !== 'sig') return false;
  if (key.key_ops !== undefined && !key.key_ops.includes('verify')) return false;
  switch (algorithm.slice(0, 2)) {
    case 'RS':
    case 'PS':
      return key.kty === 'RSA';
    case 'ES':
      return key.kty === 'EC' && key.crv === curves[algorithm];
    case 'Ed':
      return key.kty === 'OKP' && key.crv === 'Ed25519';
    default:
      return key.kty === 'oct';
  }
}
