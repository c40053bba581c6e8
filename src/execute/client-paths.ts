/** Turns paths of the merged data into paths of the client's answer. Slow: for errors only. */

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { ProjectionSpec, Shape } from '../pipeline/prepared.ts';
import { own } from '../shared/records.ts';
import { isObject, type Data } from './merge.ts';
import { caseOf, isIncluded, type ClientPath } from './projection.ts';

/** @returns The path, cut where it leaves what the client asked for. */
export function toClientPath(
  spec: ProjectionSpec,
  { data, variables }: { readonly data: Data; readonly variables: CoercedVariables },
  path: ReadonlyArray<string | number>,
): ClientPath {
  const client: Array<string | number> = [];
  let shape: Shape | undefined = spec.shapes[0];
  let value: unknown = data;
  for (const element of path) {
    if (typeof element === 'number') {
      client.push(element);
      value = Array.isArray(value) ? value[element] : undefined;
      continue;
    }
    const candidates = shape ? (caseOf(shape, value)?.fields ?? anyCase(shape, value)) : [];
    const field = candidates.find(
      (candidate) => candidate.from === element && isIncluded(candidate.when, variables),
    );
    if (!field) break;
    client.push(field.key);
    value = isObject(value) ? own(value, element) : undefined;
    shape = field.value.is === 'object' ? spec.shapes[field.value.shape] : undefined;
  }
  return client;
}

/** Where the data is null its runtime type is unknown: any case that has the field will do. */
function anyCase(shape: Shape, value: unknown): Shape['cases'][number]['fields'] {
  return value === undefined || value === null ? shape.cases.flatMap((candidate) => candidate.fields) : [];
}
