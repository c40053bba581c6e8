/** Chooses the key a token is checked with: by what the issuer's configuration and its key set say, not the token. */

import { importJWK, type CryptoKey, type JWK } from 'jose';

import type { TokenForm } from './form.ts';
import { isRecord } from '../../shared/records.ts';

export type VerifyingKey = CryptoKey | Uint8Array;

/** Keys that are tried for a token that names none: each costs a check of a signature. */
const triedMax = 4;

export class KeySet {
  readonly #keys: readonly JWK[];
  /** What was imported before, by the key's place and the algorithm. */
  readonly #imported = new Map<string, Promise<VerifyingKey>>();
  /** Equal for sets with the same keys. */
  readonly text: string;

  constructor(keys: readonly JWK[]) {
    this.#keys = keys;
    this.text = JSON.stringify(keys);
  }

  /** @returns Those that could be meant: one where the token names it, else the first few that fit. */
  find({ algorithm, keyId }: TokenForm): ReadonlyArray<Promise<VerifyingKey>> {
    const fitting = [...this.#keys.entries()].filter(
      ([, key]) => (keyId === undefined || key.kid === keyId) && fits(key, algorithm),
    );
    // Nobody can tell which of two is meant by one name.
    if (keyId !== undefined && fitting.length > 1) return [];
    return fitting
      .slice(0, triedMax)
      .map(([place, key]) => this.#import(`${place} ${algorithm}`, key, algorithm));
  }

  #import(place: string, key: JWK, algorithm: string): Promise<VerifyingKey> {
    let imported = this.#imported.get(place);
    if (!imported) {
      imported = importJWK(key, algorithm);
      this.#imported.set(place, imported);
    }
    return imported;
  }
}

const keysMax = 100;

/** @throws {Error} For what is no key set; keys that could never be used are passed over. */
export function readKeySet(value: unknown): KeySet {
  const keys = isRecord(value) ? value.keys : undefined;
  if (!Array.isArray(keys)) throw new Error('the key set has no list of keys');
  const usable = keys.filter((key): key is JWK => isRecord(key) && typeof key.kty === 'string');
  if (usable.length === 0) throw new Error('the key set has no keys');
  if (usable.length > keysMax) throw new Error(`the key set has more than ${keysMax} keys`);
  return new KeySet(usable);
}

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function fits(key: JWK, algorithm: string): boolean {
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
