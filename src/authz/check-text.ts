/** Checks as text: for audit records and explanations. */

import type { CheckSpec, PolicyOutline } from '../pipeline/authorization.ts';
import { demandText } from './directives/decide-demand.ts';
import type { LoadedPolicy } from './policy/load-policy.ts';
import { ruleText } from './policy/rule-tree.ts';

/** `@authenticated and or(is admin, is the user)` */
export function checkText({ demand, rules }: CheckSpec, policy: LoadedPolicy | null): string {
  const trees = rules.flatMap((number) => policy?.rules[number] ?? []);
  return [...(demand ? [demandText(demand)] : []), ...trees.map(ruleText)].join(' and ');
}

/** The part of a policy that allows a field (`Type.field`) to everyone: such fields have no check. */
export function allowingText({ types, fallback }: PolicyOutline, coordinate: string): string | undefined {
  const [type = '', field = ''] = coordinate.split('.');
  if (field.startsWith('__')) return undefined;
  const fields = Object.hasOwn(types, type) ? types[type] : undefined;
  for (const name of [field, '*']) {
    if (!fields || !Object.hasOwn(fields, name)) continue;
    return fields[name] === null ? `the rule of ${name === '*' ? type : coordinate}` : undefined;
  }
  return fallback === null ? 'fallbackRule' : undefined;
}
