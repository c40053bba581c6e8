/**
 * Identical queries of clients that are in flight at the same time get one answer. Off by default.
 *
 * Keyed by the raw body and by every header that can change the answer. Only bodies that are known to be queries are
 * shared: the first of its kind is answered alone and says so. An answer with errors, which names the request it
 * belongs to, is nobody else's: the others then go on by themselves.
 */

import { LRUCache } from 'lru-cache';

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Responded } from './front.ts';

const bodiesMax = 10_000;
const bodyBytesMax = 16_384;
/** Of all bodies known to be queries. */
const knownBytesMax = 16_777_216;

/** @returns undefined where the configuration does not want it. */
export function createSharedRequests({ sharing }: GatewayConfig): SharedRequests | undefined {
  return sharing.requests ? new SharedRequests({ bodiesMax, bodyBytesMax, knownBytesMax }) : undefined;
}

export interface SharedRequestsOptions {
  /** Bodies known to be queries. */
  readonly bodiesMax: number;
  /** Larger bodies are not shared. */
  readonly bodyBytesMax: number;
  /** Of all bodies known to be queries. */
  readonly knownBytesMax: number;
}

export class SharedRequests {
  readonly #options: SharedRequestsOptions;
  readonly #queries: LRUCache<string, true>;
  readonly #inFlight = new Map<string, Promise<Responded>>();

  constructor(options: SharedRequestsOptions) {
    this.#options = options;
    this.#queries = new LRUCache({ max: options.bodiesMax, maxSize: options.knownBytesMax });
  }

  /** @param headers Whatever besides the body can change the answer. */
  async answer(body: Buffer, headers: string, answerAlone: () => Promise<Responded>): Promise<Responded> {
    if (body.length > this.#options.bodyBytesMax) return answerAlone();
    const text = body.toString('latin1');
    if (!this.#queries.has(text)) return this.#learn(text, answerAlone);
    const key = `${headers}\n${text}`;
    const present = this.#inFlight.get(key);
    if (present) {
      const answer = await present.catch(() => undefined);
      return answer && answer.errors === 0 ? answer : answerAlone();
    }
    const answer = answerAlone().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, answer);
    return answer;
  }

  async #learn(text: string, answerAlone: () => Promise<Responded>): Promise<Responded> {
    const answer = await answerAlone();
    if (answer.operationKind === 'query') this.#queries.set(text, true, { size: Math.max(1, text.length) });
    return answer;
  }
}
