/**
 * Credentials that were found valid lately. Authentication has them in its caches, so it costs less than to ask the shared
 * store whether it may be done.
 */

import { hash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { RequestHead } from '../pipeline/request.ts';
import { own } from '../shared/records.ts';

/** As long as authentication may keep what it verified; after that they are verified again. */
const keptMs = 60_000;

export class VerifiedCredentials {
  readonly #headers: readonly string[];
  readonly #digests: LRUCache<string, true>;

  /** @param headers Names of the headers with credentials, in lower case. */
  constructor(headers: readonly string[], entriesMax: number) {
    this.#headers = headers;
    this.#digests = new LRUCache({ max: entriesMax, ttl: keptMs });
  }

  /** @returns null if the request has no credentials in a header. */
  digestOf(headers: RequestHead['headers']): string | null {
    let text = '';
    for (const name of this.#headers) {
      const value = own(headers, name);
      if (value !== undefined) text += `${name}: ${String(value)}\n`;
    }
    return text === '' ? null : hash('sha256', text, 'base64url');
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  add(digest: string): void {
    this.#digests.set(digest, true);
  }
}
