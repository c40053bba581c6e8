/** What decides a check, as one would write it: for records and explanations. */

import type { CheckSpec } from '../pipeline/authorization.ts';
import { demandText } from './directives/decide-demand.ts';
import type { LoadedPolicy } from './policy/load-policy.ts';
import { ruleText } from './policy/rule-tree.ts';

/** `@authenticated and or(is admin, is the user)` */
export function checkText({ demand, rules }: CheckSpec, policy: LoadedPolicy | null): string {
  const trees = rules.flatMap((number) => policy?.rules[number] ?? []);
  return [...(demand ? [demandText(demand)] : []), ...trees.map(ruleText)].join(' and ');
}
