/** Decides `@authenticated`, `@requiresScopes` and `@policy` for one principal. */

import type { Alternatives, Demand } from '../../pipeline/authorization.ts';
import type { Principal } from '../../pipeline/principal.ts';
import { after, all, strictest, type Decision } from '../policy/evaluate.ts';

/** Decides one name of `@policy`; each is evaluated once per request. */
export type DecidePolicy = (name: string) => Decision | Promise<Decision>;

export function decideDemand(
  demand: Demand,
  principal: Principal,
  decidePolicy: DecidePolicy,
): Decision | Promise<Decision> {
  if (demand.authenticated && principal.provenBy === 'none') return denied('@authenticated');
  const missing = demand.scopes.find(
    (alternatives) => !alternatives.some((names) => names.every((name) => principal.scopes.includes(name))),
  );
  if (missing) return denied(`@requiresScopes(${JSON.stringify(missing)})`);
  if (demand.policies.length === 0) return allowed;
  return all(
    demand.policies.map((alternatives) => decidePolicies(alternatives, decidePolicy)),
    strictest,
  );
}

/** As text: `@authenticated @requiresScopes([["a"]])`. */
export function demandText({ authenticated, scopes, policies }: Demand): string {
  return [
    ...(authenticated ? ['@authenticated'] : []),
    ...scopes.map((alternatives) => `@requiresScopes(${JSON.stringify(alternatives)})`),
    ...policies.map((alternatives) => `@policy(${JSON.stringify(alternatives)})`),
  ].join(' ');
}

const allowed: Decision = { is: 'allow' };

function denied(by: string): Decision {
  return { is: 'deny', error: null, by };
}

function decidePolicies(
  alternatives: Alternatives,
  decidePolicy: DecidePolicy,
): Decision | Promise<Decision> {
  const decisions = alternatives.map((names) => all(names.map(decidePolicy), strictest));
  return after(
    all(decisions, (settled) => settled),
    (settled) =>
      settled.find(({ is }) => is === 'allow') ??
      settled.find(({ is }) => is === 'failed') ??
      denied(`@policy(${JSON.stringify(alternatives)})`),
  );
}
