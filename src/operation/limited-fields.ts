/** The selections of a limited field that are included in one request, with the arguments that keys go by. */

import type { CoercedVariables } from '../pipeline/answer.ts';
import { argumentValue } from '../pipeline/argument-values.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';

/**
 * @param coordinate Type.field of the limit.
 * @returns One for each selection by its own name, in document order: its arguments by name, without those that no key
 *   needs. Empty: the field is not selected.
 */
export function limitedSelections(
  { limitedFields }: Pick<PreparedOperation, 'limitedFields'>,
  coordinate: string,
  variables: CoercedVariables,
): Array<ReadonlyMap<string, unknown>> {
  if (!limitedFields) return [];
  return limitedFields
    .filter((field) => field.coordinate === coordinate && isIncluded(field.when, variables))
    .map((field) => {
      const values = field.arguments.map(
        ({ name, value }) => [name, argumentValue(value, variables)] as const,
      );
      return new Map(values.filter(([, value]) => value !== undefined));
    });
}
