/** Checks slicing arguments that depend on variables: `requireOneSlicingArgument` of `@listSize`. */

import type { CoercedVariables } from '../../pipeline/answer.ts';
import { isIncluded } from '../../pipeline/conditions.ts';
import type { SlicingCheck } from '../../pipeline/cost.ts';
import type { RequestError } from '../../shared/errors.ts';
import { isRecord, own } from '../../shared/records.ts';

export function slicingErrors(checks: readonly SlicingCheck[], variables: CoercedVariables): RequestError[] {
  return checks
    .filter((check) => isIncluded(check.when, variables) && !isOneGiven(check, variables))
    .map(({ field, names, at }) => ({
      message: `${field} needs exactly one of the arguments ${names.join(', ')}`,
      locations: [at],
    }));
}

function isOneGiven(
  { given, variables: slices, hasDefault }: SlicingCheck,
  variables: CoercedVariables,
): boolean {
  let count = given;
  for (const { variable, path } of slices) {
    let value = variables.get(variable);
    for (const name of path) value = isRecord(value) ? own(value, name) : undefined;
    if (value !== undefined && value !== null) count += 1;
  }
  return count === 1 || (count === 0 && hasDefault);
}
