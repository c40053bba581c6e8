/** `@skip` and `@include` on variables, as a prepared operation keeps them. */

import type { CoercedVariables } from './answer.ts';
import type { Clause } from './prepared.ts';

/** @param when Any of these clauses has to hold. Absent: there is no condition. */
export function isIncluded(when: readonly Clause[] | undefined, variables: CoercedVariables): boolean {
  if (!when) return true;
  return when.some(
    ({ yes, no }) =>
      yes.every((name) => variables.get(name) === true) && no.every((name) => variables.get(name) !== true),
  );
}
