/**
 * The current keys of one issuer. Fetches are single-flight; an unknown `kid` triggers another at most once per
 * cool-down; and the last good keys stay in use while the identity provider is unavailable.
 *
 *     fresh --refreshMs--> fetched again in the background --fails--> last good keys, up to keptHours
 */

import type { Clock } from '../../shared/clock.ts';
import { errorText } from '../../shared/error-text.ts';
import { invalidCredentials, authenticationUnavailable } from '../proof.ts';
import type { UnverifiedToken } from './parse-token.ts';
import type { KeySet, VerifyingKey } from './key-set.ts';

export interface IssuerKeysOptions {
  readonly cooldownMs: number;
  readonly refreshMs: number;
  readonly keptMs: number;
}

export interface IssuerKeysDependencies {
  /** @throws {Error} With a reason for the log. */
  readonly load: () => Promise<KeySet>;
  readonly now: Clock;
  /** The keys have changed: tokens verified with the old ones must be verified again. */
  readonly onChange: () => void;
  readonly onFailure: (reason: string) => void;
}

export interface KeyCandidates {
  readonly keys: readonly VerifyingKey[];
  /** They are of this set. */
  readonly set: KeySet | undefined;
}

/** Between attempts while there are no keys at all, and every token is refused. */
const firstRetryMs = 1000;

export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #dependencies: IssuerKeysDependencies;
  #set: KeySet | undefined;
  #loadedAtMs = -Infinity;
  #askedAtMs = -Infinity;
  #loading: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions, dependencies: IssuerKeysDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** @throws {GatewayError} `UNAUTHENTICATED` for an unknown key; `AUTHENTICATION_UNAVAILABLE` without any keys. */
  async find(unverified: UnverifiedToken): Promise<KeyCandidates> {
    const set = await this.#current();
    const current = set.find(unverified);
    const candidates = current.length > 0 ? current : await this.#findAfterReload(unverified);
    return { keys: await this.#imported(candidates), set: this.#set };
  }

  /**
   * For a token that none of the keys verifies: one may have taken the place of another with the same `kid`, or without.
   *
   * @param tried The set of the keys that were tried.
   * @returns Empty where the keys are still the same. Throws as `find`.
   */
  async findReplaced(
    unverified: UnverifiedToken,
    tried: KeySet | undefined,
  ): Promise<readonly VerifyingKey[]> {
    // Somebody else may have fetched them meanwhile.
    const candidates =
      this.#set === tried ? await this.#findAfterReload(unverified) : (this.#set?.find(unverified) ?? []);
    return this.#set === tried ? [] : this.#imported(candidates);
  }

  async #imported(candidates: ReturnType<KeySet['find']>): Promise<readonly VerifyingKey[]> {
    if (candidates.length === 0)
      throw invalidCredentials('no key of the issuer matches the kid and algorithm of the token');
    const imported = await Promise.allSettled(candidates);
    const usable = imported.flatMap((key) => (key.status === 'fulfilled' ? [key.value] : []));
    if (usable.length === 0)
      throw invalidCredentials('no key of the issuer that matches the token can be used');
    return usable;
  }

  /** Fetches the keys before the first request needs them. Never rejects. */
  async warm(): Promise<void> {
    await this.#load();
  }

  async #current(): Promise<KeySet> {
    const { refreshMs, keptMs, cooldownMs } = this.#options;
    const now = this.#dependencies.now();
    const ageMs = now - this.#loadedAtMs;
    // Never before a fetch in the background was due: after one refresh and one cool-down.
    if (this.#set && ageMs > Math.max(keptMs, refreshMs + cooldownMs)) {
      this.#set = undefined;
      this.#dependencies.onChange();
    }
    if (!this.#set) {
      if (this.#loading || now - this.#askedAtMs >= firstRetryMs) await this.#load();
      if (!this.#set) throw authenticationUnavailable('the keys of the issuer have not been fetched yet');
    } else if (ageMs > refreshMs && now - this.#askedAtMs >= cooldownMs) void this.#load();
    return this.#set;
  }

  async #findAfterReload(unverified: UnverifiedToken): Promise<ReturnType<KeySet['find']>> {
    const isCooling = this.#dependencies.now() - this.#askedAtMs < this.#options.cooldownMs;
    if (isCooling && !this.#loading) return [];
    await this.#load();
    return this.#set?.find(unverified) ?? [];
  }

  /** Single-flight; never rejects. */
  #load(): Promise<void> {
    return (this.#loading ??= this.#loadOnce().finally(() => (this.#loading = undefined)));
  }

  async #loadOnce(): Promise<void> {
    this.#askedAtMs = this.#dependencies.now();
    try {
      const set = await this.#dependencies.load();
      this.#loadedAtMs = this.#dependencies.now();
      // Unchanged keys: imported keys and verified tokens stay cached.
      const previous = this.#set;
      if (set.text === previous?.text) return;
      this.#set = set;
      // Without previous keys nothing was verified.
      if (previous) this.#dependencies.onChange();
    } catch (error) {
      this.#dependencies.onFailure(errorText(error));
    }
  }
}
