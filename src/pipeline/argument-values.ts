/** The values of a field's arguments, from their prepared form and the request's variables. */

import type { CoercedVariables } from './answer.ts';
import type { ArgumentSpec, ArgumentValue } from './authorization.ts';
import { emptyRecord } from '../shared/records.ts';

export function argumentValues(
  specs: readonly ArgumentSpec[],
  variables: CoercedVariables,
): Record<string, unknown> {
  const values = emptyRecord();
  for (const { name, value } of specs) {
    const resolved = argumentValue(value, variables);
    if (resolved !== undefined) values[name] = resolved;
  }
  return values;
}

export function argumentValue(value: ArgumentValue, variables: CoercedVariables): unknown {
  switch (value.is) {
    case 'constant':
      return value.value;
    case 'variable':
      return variables.has(value.name) ? variables.get(value.name) : value.otherwise;
    case 'list':
      return value.items.map((item) => argumentValue(item, variables) ?? null);
    case 'object':
      return argumentValues(value.fields, variables);
  }
}
