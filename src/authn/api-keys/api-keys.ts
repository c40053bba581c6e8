/** Proves by an API key which client calls. */

import { timingSafeEqual } from 'node:crypto';

import { type IncomingRequest, isRepeated, type Proof, refusal } from '../proof.ts';
import { digestOf, keyIdOf } from './key-text.ts';
import type { KnownKey } from './known-key.ts';
import { own } from '../../shared/records.ts';

/** Where keys are looked up: by their public part. */
export interface KeyLookup {
  /**
   * @returns At once where it is known.
   * @throws {GatewayError} `AUTHENTICATION_UNAVAILABLE` where nobody can say.
   */
  find(id: string): KnownKey | undefined | Promise<KnownKey | undefined>;
  close(): Promise<void>;
}

export interface ApiKeyParts {
  readonly header: string;
  readonly lookup: Pick<KeyLookup, 'find'>;
  /** ms since 1970. */
  readonly wallClock: () => number;
  /** Called on the way of a request: must not wait. */
  readonly onUsed: (id: string, nowMs: number) => void;
}

export type ProveByKey = (request: IncomingRequest) => Proof | undefined | Promise<Proof>;

/** Compared with where there is no such key, so that both take as long. */
const decoy = Buffer.alloc(32);

export function createApiKeys({ header, lookup, wallClock, onUsed }: ApiKeyParts): ProveByKey {
  function check(text: string, key: KnownKey | undefined): Proof {
    const holds = timingSafeEqual(digestOf(text), key?.digest ?? decoy);
    if (!key || !holds) throw refusal('the API key is unknown');
    if (key.isRevoked) throw refusal(`the API key trib_${key.id} is revoked`);
    const nowMs = wallClock();
    if (key.validUntilMs !== null && nowMs >= key.validUntilMs)
      throw refusal(`the API key trib_${key.id} has expired`);
    onUsed(key.id, nowMs);
    return key.proof;
  }

  return ({ http }) => {
    const text = own(http.headers, header);
    if (text === undefined) return undefined;
    if (typeof text !== 'string' || isRepeated(http, header))
      throw refusal('the API key is there more than once');
    const id = keyIdOf(text);
    if (id === undefined) throw refusal('the API key does not have the form of one');
    const found = lookup.find(id);
    return found instanceof Promise ? found.then((key) => check(text, key)) : check(text, found);
  };
}
