/** What decides a check, as one would write it: for records and explanations. */

import type { CheckSpec, PolicyOutline } from '../pipeline/authorization.ts';
import { demandText } from './directives/decide-demand.ts';
import type { LoadedPolicy } from './policy/load-policy.ts';
import { ruleText } from './policy/rule-tree.ts';

/** `@authenticated and or(is admin, is the user)` */
export function checkText({ demand, rules }: CheckSpec, policy: LoadedPolicy | null): string {
  const trees = rules.flatMap((number) => policy?.rules[number] ?? []);
  return [...(demand ? [demandText(demand)] : []), ...trees.map(ruleText)].join(' and ');
}

/** What of a policy allows a field (`Type.field`) to everybody: such fields have no check. Undefined: nothing says so. */
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
