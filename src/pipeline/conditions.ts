/** Evaluates `@skip` and `@include` of a prepared operation. */

import type { CoercedVariables } from './answer.ts';
import type { Clause } from './clause.ts';

/** @param when At least one of these clauses must hold. Absent: no condition. */
export function isIncluded(when: readonly Clause[] | undefined, variables: CoercedVariables): boolean {
  if (!when) return true;
  return when.some(
    ({ yes, no }) =>
      yes.every((name) => variables.get(name) === true) && no.every((name) => variables.get(name) !== true),
  );
}
