/** The values of a field's arguments, from what was prepared of them and the variables of the request. */

import type { CoercedVariables } from '../../pipeline/answer.ts';
import type { ArgumentSpec, ArgumentValue } from '../../pipeline/authorization.ts';
import { emptyRecord } from '../../shared/records.ts';

export function argumentValues(
  specs: readonly ArgumentSpec[],
  variables: CoercedVariables,
): Record<string, unknown> {
  const values = emptyRecord();
  for (const { name, value } of specs) {
    const given = valueOf(value, variables);
    if (given !== undefined) values[name] = given;
  }
  return values;
}

function valueOf(value: ArgumentValue, variables: CoercedVariables): unknown {
  switch (value.is) {
    case 'constant':
      return value.value;
    case 'variable':
      return variables.has(value.name) ? variables.get(value.name) : value.otherwise;
    case 'list':
      return value.items.map((item) => valueOf(item, variables) ?? null);
    case 'object':
      return argumentValues(value.fields, variables);
  }
}
