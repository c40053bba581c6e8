/** The limits of the configuration, compiled: at which gate each applies, to which requests, and how much it admits. */

import type { LimitPolicyConfig } from '../config/gateway/limit-policies.ts';
import { fieldOf, windowMsOf } from '../config/gateway/limit-texts.ts';
import { tierPolicy, type LimitsConfig } from '../config/gateway/limits.ts';
import type { Client, ClientLimits, OwnLimit } from '../pipeline/client.ts';
import type { LimitRule } from './check.ts';
import { PolicyKeys } from './keys.ts';

export interface Policy {
  readonly name: string;
  readonly gate: 1 | 2 | 3;
  readonly unit: LimitPolicyConfig['unit'];
  readonly keys: PolicyKeys;
  /** The coordinate of the field that it counts or whose arguments its key has. Null: none. */
  readonly field: string | null;
  /** It counts how often its field is selected, rather than requests. */
  readonly countsField: boolean;
  readonly when: LimitPolicyConfig['when'];
  readonly isMeasured: boolean;
  readonly rules: PolicyRules;
}

const dayMs = 86_400_000;

/**
 * Quotas and points are not used up by requests that a later gate refuses; but those of gate 1 are, or a client that is
 * always refused later would have its credentials verified each time, and use up nothing.
 */
export function isReturned({ gate, unit }: Policy, { windowMs }: LimitRule): boolean {
  return gate > 1 && (unit === 'points' || windowMs >= dayMs);
}

const unlimited: readonly LimitRule[] = [];

/** What all rules of a policy have in common, and the window of those that have none of their own. */
type RuleTraits = Omit<LimitRule, 'limit' | 'burst'>;

/** How much a policy admits: by the client's own limit, else by tier, else the limit for all. */
export class PolicyRules {
  readonly #traits: RuleTraits;
  readonly #base: readonly LimitRule[];
  readonly #tiers: ReadonlyMap<string, readonly LimitRule[]>;
  /** For tiers that are not configured: a mistyped tier must not lift a limit. */
  readonly #lowestTier: readonly LimitRule[];
  readonly #own = new WeakMap<OwnLimit, readonly LimitRule[]>();
  /** Of clients that are only stated, by what their tier has. */
  readonly #merged = new WeakMap<
    readonly ClientLimits[],
    WeakMap<readonly LimitRule[], readonly LimitRule[]>
  >();

  constructor(traits: RuleTraits, base: OwnLimit | null, tiers: LimitsConfig['tiers']) {
    this.#traits = traits;
    this.#base = base ? [ruleOf(traits, base)] : unlimited;
    this.#tiers = new Map(Object.entries(tiers).map(([tier, limit]) => [tier, [ruleOf(traits, limit)]]));
    this.#lowestTier = base ? this.#base : lowest([...this.#tiers.values()].flat());
  }

  /** Before a client is recognized. */
  get base(): LimitRule | null {
    return this.#base[0] ?? null;
  }

  /**
   * @returns Empty if the policy does not limit this client. Several for a client that is only stated, where windows
   *   differ: each window is counted by itself, so one of them alone would admit its limit beside that of the other.
   */
  of({ limits }: Client, principalTier: string | null): readonly LimitRule[] {
    const [first] = limits;
    if (!first) return this.#ofTier(principalTier);
    if (limits.length === 1) return this.#ofProfile(first, principalTier);
    const ofTier = this.#ofTier(principalTier);
    let merged = this.#merged.get(limits);
    if (!merged) this.#merged.set(limits, (merged = new WeakMap()));
    let rules = merged.get(ofTier);
    if (!rules) merged.set(ofTier, (rules = this.#merge(limits, principalTier)));
    return rules;
  }

  #merge(limits: readonly ClientLimits[], principalTier: string | null): readonly LimitRule[] {
    const byWindow = new Map<number, LimitRule>();
    for (const profile of limits) {
      for (const rule of this.#ofProfile(profile, principalTier)) {
        const known = byWindow.get(rule.windowMs);
        byWindow.set(rule.windowMs, known ? lower(known, rule) : rule);
      }
    }
    return [...byWindow.values()];
  }

  #ofProfile({ policies, tier }: ClientLimits, principalTier: string | null): readonly LimitRule[] {
    const { policy } = this.#traits;
    const own = Object.hasOwn(policies, policy) ? policies[policy] : undefined;
    if (!own) return this.#ofTier(tier ?? principalTier);
    let rules = this.#own.get(own);
    if (!rules) this.#own.set(own, (rules = [ruleOf(this.#traits, own)]));
    return rules;
  }

  #ofTier(tier: string | null): readonly LimitRule[] {
    return tier === null ? this.#base : (this.#tiers.get(tier) ?? this.#lowestTier);
  }
}

/** Of two with the same window. */
function lower(one: LimitRule, other: LimitRule): LimitRule {
  return { ...one, limit: Math.min(one.limit, other.limit), burst: Math.min(one.burst, other.burst) };
}

function ruleOf(traits: RuleTraits, { limit, window, burst }: OwnLimit): LimitRule {
  return {
    ...traits,
    limit,
    windowMs: window === undefined ? traits.windowMs : windowMsOf(window),
    burst: burst ?? Math.max(1, Math.floor(limit / 10)),
  };
}

function rateOf({ limit, windowMs }: LimitRule): number {
  return limit / windowMs;
}

function lowest(rules: readonly LimitRule[]): readonly LimitRule[] {
  return rules.toSorted((a, b) => rateOf(a) - rateOf(b)).slice(0, 1);
}

/** `@rateLimit` of a field of the graph. */
export interface GraphFieldLimit extends OwnLimit {
  readonly window: string;
  readonly coordinate: string;
  /** Null: as the default of `limits.fields`. */
  readonly key: readonly string[] | null;
}

/** Policies of the fields that the graph limits itself; those of the configuration replace them. */
export function graphPolicies(limits: readonly GraphFieldLimit[], { fields }: LimitsConfig): Policy[] {
  return limits
    .filter(({ coordinate }) => !Object.hasOwn(fields, coordinate))
    .map(({ coordinate, limit, window, key }) =>
      policyOf(coordinate, { ...byTier, limit, window, key: [...(key ?? byTier.key)] }, coordinate),
    );
}

const byTier: LimitPolicyConfig = {
  key: ['client', 'principal'],
  algorithm: 'window',
  window: '1m',
  unit: 'requests',
  tiers: {},
  when: {},
  mode: 'enforce',
  whenStoreLost: 'local',
};

/** All policies of the configuration, ordered by gate. */
export function policiesOf({ tiers, policies, fields }: LimitsConfig): Policy[] {
  const all = [
    ...(Object.keys(tiers).length > 0 ? [policyOf(tierPolicy, { ...byTier, tiers })] : []),
    ...Object.entries(policies).map(([name, config]) => policyOf(name, config)),
    ...Object.entries(fields).map(([coordinate, field]) =>
      policyOf(coordinate, { ...byTier, ...field }, coordinate),
    ),
  ];
  return all.toSorted((a, b) => a.gate - b.gate);
}

/** @param counted The coordinate of the field whose selections it counts. */
function policyOf(name: string, config: LimitPolicyConfig, counted?: string): Policy {
  const { key, algorithm, whenStoreLost, limit, window, burst, tiers, unit, when, mode } = config;
  const argument = key.find((part) => part.startsWith('args.'));
  const field = counted ?? (argument === undefined ? null : fieldOf(argument));
  const traits = {
    policy: name,
    algorithm,
    whenStoreLost,
    isGlobal: key.includes('global'),
    isIndivisible: unit !== 'requests',
    windowMs: windowMsOf(window),
  };
  const base = limit === undefined ? null : { limit, burst };
  return {
    name,
    gate: gateOf({ unit, key, field, when }, tiers),
    unit,
    keys: new PolicyKeys(key),
    field,
    countsField: counted !== undefined,
    when,
    isMeasured: mode === 'measure',
    rules: new PolicyRules(traits, base, tiers),
  };
}

interface GateInputs extends Pick<Policy, 'unit' | 'field' | 'when'> {
  readonly key: readonly string[];
}

/** The earliest gate that knows everything the policy goes by. */
function gateOf({ unit, key, field, when }: GateInputs, tiers: LimitsConfig['tiers']): 1 | 2 | 3 {
  const isOfOperation =
    field !== null ||
    unit !== 'requests' ||
    key.includes('operation') ||
    when.kinds !== undefined ||
    when.operations !== undefined;
  if (isOfOperation) return 3;
  const needsNoCaller = key.every(
    (part) => part === 'address' || part === 'apiKey' || part.startsWith('header.'),
  );
  const isForAll = when.clients === undefined && when.versions === undefined && when.anonymous === undefined;
  return needsNoCaller && isForAll && Object.keys(tiers).length === 0 ? 1 : 2;
}
