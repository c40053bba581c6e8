/**
 * Revocations as requests are checked with them: a look-up by `jti`, one by subject, and a walk over the few that name
 * neither. What has ended counts no more, and what another one covers is not kept.
 */

import type { RevocationEntry } from '../../config/gateway/auth-revocation.ts';
import type { Principal } from '../../pipeline/principal.ts';

interface Rule {
  readonly jti: string | undefined;
  readonly sub: string | undefined;
  readonly issuer: string | undefined;
  /** Infinity: whenever issued. */
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

  /** @returns False where there are too many: it does not hold then. */
  add(entry: RevocationEntry, nowMs: number): boolean {
    const rule = ruleOf(entry);
    if (rule.expiresAtMs <= nowMs) return true;
    const rules = this.#rulesBeside(rule);
    if (rules.some((one) => covers(one, rule))) return true;
    const kept = rules.filter((one) => !covers(rule, one) && one.expiresAtMs > nowMs);
    if (this.#size - rules.length + kept.length >= this.#entriesMax) {
      this.sweep(nowMs);
      if (this.#size >= this.#entriesMax) return false;
      return this.add(entry, nowMs);
    }
    kept.push(rule);
    this.#put(rule, kept);
    this.#size += kept.length - rules.length;
    return true;
  }

  revokes(token: Token, nowMs: number): boolean {
    if (this.#size === 0) return false;
    const { claims, subject } = token;
    const { jti, sub } = claims;
    return (
      isAmong(this.#general, token, nowMs) ||
      (typeof jti === 'string' && isAmong(this.#byId.get(jti), token, nowMs)) ||
      (subject !== null && isAmong(this.#bySubject.get(subject), token, nowMs)) ||
      // Where the subject is taken from another claim.
      (typeof sub === 'string' && sub !== subject && isAmong(this.#bySubject.get(sub), token, nowMs))
    );
  }

  /** Lets go of what has ended. */
  sweep(nowMs: number): void {
    const holds = (rule: Rule): boolean => rule.expiresAtMs > nowMs;
    this.#general = this.#general.filter(holds);
    this.#size = this.#general.length;
    for (const map of [this.#byId, this.#bySubject]) {
      for (const [key, rules] of map) {
        const kept = rules.filter(holds);
        if (kept.length === 0) map.delete(key);
        else if (kept.length < rules.length) map.set(key, kept);
        this.#size += kept.length;
      }
    }
  }

  #rulesBeside({ jti, sub }: Rule): readonly Rule[] {
    if (jti !== undefined) return this.#byId.get(jti) ?? [];
    return sub === undefined ? this.#general : (this.#bySubject.get(sub) ?? []);
  }

  #put({ jti, sub }: Rule, rules: Rule[]): void {
    if (jti !== undefined) this.#byId.set(jti, rules);
    else if (sub !== undefined) this.#bySubject.set(sub, rules);
    else this.#general = rules;
  }
}

function isAmong(rules: readonly Rule[] | undefined, token: Token, nowMs: number): boolean {
  return rules?.some((rule) => fits(rule, token, nowMs)) ?? false;
}

function fits({ sub, issuer, issuedBeforeMs, expiresAtMs }: Rule, token: Token, nowMs: number): boolean {
  const { claims, subject } = token;
  if (expiresAtMs <= nowMs) return false;
  if (issuer !== undefined && issuer !== token.issuer) return false;
  if (sub !== undefined && sub !== subject && sub !== claims['sub']) return false;
  const { iat } = claims;
  // A token that does not say when may be any age.
  return typeof iat !== 'number' || iat * 1000 < issuedBeforeMs;
}

/** Whether `one` holds for every token that `other` is for, for as long. */
function covers(one: Rule, other: Rule): boolean {
  return (
    (one.sub === undefined || one.sub === other.sub) &&
    (one.issuer === undefined || one.issuer === other.issuer) &&
    one.issuedBeforeMs >= other.issuedBeforeMs &&
    one.expiresAtMs >= other.expiresAtMs
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
