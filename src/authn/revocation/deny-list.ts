/**
 * The revocations in memory, as requests are checked with them: a look-up by `jti`, one by subject, and a scan of the few
 * that name neither. Expired revocations are ignored, and those covered by another one are not stored.
 */

import type { RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import type { Principal } from '../../pipeline/principal.ts';

interface Rule {
  readonly jti: string | undefined;
  readonly sub: string | undefined;
  readonly issuer: string | undefined;
  /** Infinity: for any time of issue. */
  readonly issuedBeforeMs: number;
  readonly expiresAtMs: number;
}

type Token = Pick<Principal, 'subject' | 'issuer' | 'claims'>;

export class DenyList {
  readonly #entriesMax: number;
  readonly #byId = new Map<string, Rule[]>();
  readonly #bySubject = new Map<string, Rule[]>();
  #general: Rule[] = [];
  #size = 0;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns False if the list is full: the entry is not added then. */
  add(entry: RevocationEntry, nowMs: number): boolean {
    const rule = ruleOf(entry);
    if (rule.expiresAtMs <= nowMs) return true;
    const rules = this.#rulesLike(rule);
    if (rules.some((existing) => covers(existing, rule))) return true;
    const remaining = rules.filter((existing) => !covers(rule, existing) && existing.expiresAtMs > nowMs);
    if (this.#size - rules.length + remaining.length >= this.#entriesMax) {
      this.sweep(nowMs);
      if (this.#size >= this.#entriesMax) return false;
      return this.add(entry, nowMs);
    }
    remaining.push(rule);
    this.#store(rule, remaining);
    this.#size += remaining.length - rules.length;
    return true;
  }

  revokes(token: Token, nowMs: number): boolean {
    if (this.#size === 0) return false;
    const { claims, subject } = token;
    const { jti, sub } = claims;
    return (
      isRevokedBy(this.#general, token, nowMs) ||
      (typeof jti === 'string' && isRevokedBy(this.#byId.get(jti), token, nowMs)) ||
      (subject !== null && isRevokedBy(this.#bySubject.get(subject), token, nowMs)) ||
      // The configuration may take the subject from another claim.
      (typeof sub === 'string' && sub !== subject && isRevokedBy(this.#bySubject.get(sub), token, nowMs))
    );
  }

  /** Removes expired revocations. */
  sweep(nowMs: number): void {
    const isUnexpired = (rule: Rule): boolean => rule.expiresAtMs > nowMs;
    this.#general = this.#general.filter(isUnexpired);
    this.#size = this.#general.length;
    for (const map of [this.#byId, this.#bySubject]) {
      for (const [key, rules] of map) {
        const remaining = rules.filter(isUnexpired);
        if (remaining.length === 0) map.delete(key);
        else if (remaining.length < rules.length) map.set(key, remaining);
        this.#size += remaining.length;
      }
    }
  }

  #rulesLike({ jti, sub }: Rule): readonly Rule[] {
    if (jti !== undefined) return this.#byId.get(jti) ?? [];
    return sub === undefined ? this.#general : (this.#bySubject.get(sub) ?? []);
  }

  #store({ jti, sub }: Rule, rules: Rule[]): void {
    if (jti !== undefined) this.#byId.set(jti, rules);
    else if (sub !== undefined) this.#bySubject.set(sub, rules);
    else this.#general = rules;
  }
}

function isRevokedBy(rules: readonly Rule[] | undefined, token: Token, nowMs: number): boolean {
  return rules?.some((rule) => matches(rule, token, nowMs)) ?? false;
}

function matches({ sub, issuer, issuedBeforeMs, expiresAtMs }: Rule, token: Token, nowMs: number): boolean {
  const { claims, subject } = token;
  if (expiresAtMs <= nowMs) return false;
  if (issuer !== undefined && issuer !== token.issuer) return false;
  if (sub !== undefined && sub !== subject && sub !== claims['sub']) return false;
  const { iat } = claims;
  // A token without `iat` may have been issued at any time.
  return typeof iat !== 'number' || iat * 1000 < issuedBeforeMs;
}

/** Whether `general` revokes every token that `specific` revokes, for at least as long. */
function covers(general: Rule, specific: Rule): boolean {
  return (
    (general.sub === undefined || general.sub === specific.sub) &&
    (general.issuer === undefined || general.issuer === specific.issuer) &&
    general.issuedBeforeMs >= specific.issuedBeforeMs &&
    general.expiresAtMs >= specific.expiresAtMs
  );
}

function ruleOf({ jti, sub, issuer, issuedBefore, expiresAt }: RevocationEntry): Rule {
  return {
    jti,
    sub,
    issuer,
    issuedBeforeMs: issuedBefore === undefined ? Number.POSITIVE_INFINITY : Date.parse(issuedBefore),
    expiresAtMs: Date.parse(expiresAt),
  };
}
