/** Verifies API keys, which identify the client. */

import { timingSafeEqual } from 'node:crypto';

import { type IncomingRequest, isRepeated, type Proof, invalidCredentials } from '../proof.ts';
import { digestOf, keyIdOf } from './key-text.ts';
import type { ApiKey } from './api-key.ts';
import { own } from '../../shared/records.ts';

/** Looks up keys by id, their public part. */
export interface KeyLookup {
  /**
   * @returns Synchronously if the key is cached.
   * @throws {GatewayError} `AUTHENTICATION_UNAVAILABLE` if the key is not cached and the store is unavailable.
   */
  find(id: string): ApiKey | undefined | Promise<ApiKey | undefined>;
  close(): Promise<void>;
}

export interface ApiKeyOptions {
  readonly header: string;
  readonly lookup: Pick<KeyLookup, 'find'>;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** Called while the request is served, so it must not block. */
  readonly onUsed: (id: string, nowMs: number) => void;
}

export type ProveByKey = (request: IncomingRequest) => Proof | undefined | Promise<Proof>;

/** Compared with if there is no such key, so that both cases take equally long. */
const decoy = Buffer.alloc(32);

export function createApiKeys({ header, lookup, wallClock, onUsed }: ApiKeyOptions): ProveByKey {
  function check(text: string, key: ApiKey | undefined): Proof {
    const isMatch = timingSafeEqual(digestOf(text), key?.digest ?? decoy);
    if (!key || !isMatch) throw invalidCredentials('the API key is unknown');
    if (key.isRevoked) throw invalidCredentials(`the API key trib_${key.id} is revoked`);
    const nowMs = wallClock();
    if (key.validUntilMs !== null && nowMs >= key.validUntilMs)
      throw invalidCredentials(`the API key trib_${key.id} has expired`);
    onUsed(key.id, nowMs);
    return key.proof;
  }

  return ({ http }) => {
    const text = own(http.headers, header);
    if (text === undefined) return undefined;
    if (typeof text !== 'string' || isRepeated(http, header))
      throw invalidCredentials('the API key was sent more than once');
    const id = keyIdOf(text);
    if (id === undefined)
      throw invalidCredentials('the API key is malformed: its format or checksum is wrong');
    const key = lookup.find(id);
    return key instanceof Promise ? key.then((resolved) => check(text, resolved)) : check(text, key);
  };
}
