/**
 * A cache of verified tokens by their SHA-256, so that a repeated token costs a look-up instead of a verification.
 */

import { hash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { Proof } from '../proof.ts';

export interface VerifiedTokensOptions {
  readonly entriesMax: number;
  readonly keptMs: number;
  /** ms since 1970. */
  readonly wallClock: () => number;
}

interface Entry {
  readonly proof: Proof;
  readonly untilMs: number;
}

export class VerifiedTokens {
  readonly #options: VerifiedTokensOptions;
  readonly #entries: LRUCache<string, Entry>;
  #generation = 0;

  constructor(options: VerifiedTokensOptions) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.entriesMax });
  }

  /** Changes with every `clear`: a verification that began before it must not be cached after it. */
  get generation(): number {
    return this.#generation;
  }

  get(key: string): Proof | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (this.#options.wallClock() < entry.untilMs) return entry.proof;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, proof: Proof, generation: number): void {
    if (generation !== this.#generation) return;
    const { keptMs, wallClock } = this.#options;
    const untilMs = Math.min(wallClock() + keptMs, proof.principal.validUntilMs ?? Infinity);
    this.#entries.set(key, { proof, untilMs });
  }

  clear(): void {
    this.#generation += 1;
    this.#entries.clear();
  }
}

export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64');
}
