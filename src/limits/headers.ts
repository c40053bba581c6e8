/**
 * Headers that tell a client how much of its limits is left.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 11)
 */

import type { LimitsConfig } from '../config/gateway/limits.ts';
import type { AnswerCost } from '../pipeline/answer.ts';
import type { AnswerHeaders } from '../pipeline/stages.ts';
import type { CheckState, LimitRule } from './check.ts';
import type { Policy } from './policies.ts';

/** A policy that was checked, and what is left of it. */
export interface CheckedLimit {
  readonly policy: Policy;
  readonly rule: LimitRule;
  readonly state: CheckState;
}

/**
 * @param checked At least one.
 * @returns The headers of the answer, with those of its limits.
 */
export type AddHeaders = (headers: AnswerHeaders, checked: readonly CheckedLimit[]) => AnswerHeaders;

/** A response names this many policies at most. */
const policiesMax = 8;

/** @returns null if no headers are configured. */
export function limitHeaders({
  headers,
  legacyHeaders,
}: Pick<LimitsConfig, 'headers' | 'legacyHeaders'>): AddHeaders | null {
  if (!headers) return legacyHeaders ? withNearest : null;
  return legacyHeaders ? (own, checked) => withNearest(withDraft(own, checked), checked) : withDraft;
}

export function costHeaders({ estimated, actual, max }: AnswerCost): Record<string, string> {
  return {
    'x-cost-estimated': String(estimated),
    'x-cost-actual': String(actual),
    ...(max === null ? {} : { 'x-cost-max': String(max) }),
  };
}

/** What is written of policies that are checked one after the other; it is put together once for each such list. */
class PolicyTexts {
  /** Of all of them. */
  readonly policies: string;
  /** Before what is left of the last one. */
  readonly label: string;
  readonly #longer = new WeakMap<LimitRule, PolicyTexts>();

  constructor(policies: string, label: string) {
    this.policies = policies;
    this.label = label;
  }

  with({ policy, rule }: CheckedLimit): PolicyTexts {
    let longer = this.#longer.get(rule);
    if (!longer) {
      const separator = this.policies === '' ? '' : ', ';
      const policies = this.policies + separator + policyText(policy, rule);
      longer = new PolicyTexts(policies, `${separator}"${policy.name}";r=`);
      this.#longer.set(rule, longer);
    }
    return longer;
  }
}

const noPolicies = new PolicyTexts('', '');

function withDraft(headers: AnswerHeaders, checked: readonly CheckedLimit[]): AnswerHeaders {
  let texts = noPolicies;
  let ratelimit = '';
  let named = 0;
  for (const limit of checked) {
    if (named === policiesMax) break;
    named += 1;
    texts = texts.with(limit);
    ratelimit += `${texts.label}${limit.state.remaining};t=${secondsOf(limit.state.resetMs)}`;
  }
  return { ...headers, 'ratelimit-policy': texts.policies, ratelimit };
}

function policyText({ name, unit }: Policy, { limit, windowMs }: LimitRule): string {
  const unitText = unit === 'requests' ? '' : `;qu="${unit}"`;
  return `"${name}";q=${limit}${unitText};w=${secondsOf(windowMs)}`;
}

function withNearest(headers: AnswerHeaders, checked: readonly CheckedLimit[]): AnswerHeaders {
  const shareOf = ({ rule, state }: CheckedLimit): number => state.remaining / rule.limit;
  const { rule, state } = checked.reduce((nearest, next) =>
    shareOf(next) < shareOf(nearest) ? next : nearest,
  );
  return {
    ...headers,
    'x-ratelimit-limit': String(rule.limit),
    'x-ratelimit-remaining': String(state.remaining),
    'x-ratelimit-reset': String(secondsOf(state.resetMs)),
  };
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1000);
}
