/**
 * The keys of one issuer, as they are now: fetched by one call at a time, looked for again at most once per cool-down
 * when a token names an unknown one, and the last good ones kept while the identity provider is down.
 *
 *     fresh --refreshMs--> fetched again in the background --fails--> last good ones, up to keptHours
 */

import type { Clock } from '../../shared/clock.ts';
import { errorText } from '../../shared/error-text.ts';
import { refusal, unavailable } from '../proof.ts';
import type { TokenForm } from './form.ts';
import type { KeySet, VerifyingKey } from './key-set.ts';

export interface KeysOptions {
  readonly cooldownMs: number;
  readonly refreshMs: number;
  readonly keptMs: number;
}

export interface KeysParts {
  /** @throws {Error} With a reason for the log. */
  readonly load: () => Promise<KeySet>;
  readonly now: Clock;
  /** The set is another one: whatever was verified with the one before is in question. */
  readonly onChange: () => void;
  readonly onFailure: (reason: string) => void;
}

/** While there are no keys at all, and so nobody can log in. */
const firstRetryMs = 1000;

export class Keys {
  readonly #options: KeysOptions;
  readonly #parts: KeysParts;
  #set: KeySet | undefined;
  #loadedAtMs = -Infinity;
  #askedAtMs = -Infinity;
  #loading: Promise<void> | undefined;

  constructor(options: KeysOptions, parts: KeysParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** @throws {GatewayError} `UNAUTHENTICATED` for an unknown key; `AUTHENTICATION_UNAVAILABLE` when there are none. */
  async find(form: TokenForm): Promise<readonly VerifyingKey[]> {
    const set = await this.#current();
    const known = set.find(form);
    const found = known.length > 0 ? known : await this.#afterLookingAgain(form);
    if (found.length === 0) throw refusal('no key of the issuer fits the kid and algorithm of the token');
    const imported = await Promise.allSettled(found);
    const usable = imported.flatMap((key) => (key.status === 'fulfilled' ? [key.value] : []));
    if (usable.length === 0) throw refusal('no key of the issuer that fits the token can be used');
    return usable;
  }

  /** Starts the first fetch, so that the first request need not wait for it. Never rejects. */
  async warm(): Promise<void> {
    await this.#load();
  }

  async #current(): Promise<KeySet> {
    const { refreshMs, keptMs, cooldownMs } = this.#options;
    const now = this.#parts.now();
    const ageMs = now - this.#loadedAtMs;
    if (this.#set && ageMs > keptMs) {
      this.#set = undefined;
      this.#parts.onChange();
    }
    if (!this.#set) {
      if (this.#loading || now - this.#askedAtMs >= firstRetryMs) await this.#load();
      if (!this.#set) throw unavailable('there are no keys of the issuer');
    } else if (ageMs > refreshMs && now - this.#askedAtMs >= cooldownMs) void this.#load();
    return this.#set;
  }

  async #afterLookingAgain(form: TokenForm): Promise<ReturnType<KeySet['find']>> {
    const isCooling = this.#parts.now() - this.#askedAtMs < this.#options.cooldownMs;
    if (isCooling && !this.#loading) return [];
    await this.#load();
    return this.#set?.find(form) ?? [];
  }

  /** One at a time; never rejects. */
  #load(): Promise<void> {
    return (this.#loading ??= this.#loadOnce().finally(() => (this.#loading = undefined)));
  }

  async #loadOnce(): Promise<void> {
    this.#askedAtMs = this.#parts.now();
    try {
      const set = await this.#parts.load();
      this.#loadedAtMs = this.#parts.now();
      // The same keys again: what is imported and verified stays.
      const before = this.#set;
      if (set.text === before?.text) return;
      this.#set = set;
      // Nothing was verified with no keys.
      if (before) this.#parts.onChange();
    } catch (error) {
      this.#parts.onFailure(errorText(error));
    }
  }
}
