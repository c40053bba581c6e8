/** Turns paths of the merged data into paths of the client's answer. Slow: for errors only. */

import type { CoercedVariables } from '../pipeline/answer.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { FieldSpec, ProjectionSpec, Shape, SourcePosition } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';
import { caseOf, type ClientPath } from './projection.ts';

interface Merged {
  readonly data: Data;
  readonly variables: CoercedVariables;
}

/** @returns The path, cut where it leaves what the client asked for. */
export function toClientPath(
  spec: ProjectionSpec,
  merged: Merged,
  path: ReadonlyArray<string | number>,
): ClientPath {
  const client: Array<string | number> = [];
  walk(spec, merged, path, 'from', (step) => client.push(typeof step === 'number' ? step : step.key));
  return client;
}

/** Where the client's document asks for the field at a path of its answer. */
export function locationsOf(spec: ProjectionSpec, merged: Merged, path: ClientPath): SourcePosition[] {
  let last: FieldSpec | undefined;
  walk(spec, merged, path, 'key', (step) => {
    if (typeof step !== 'number') last = step;
  });
  return (last?.at ?? [])
    .filter(([, , clause]) => isIncluded(clause && [clause], merged.variables))
    .map(([line, column]) => ({ line, column }));
}

/** Follows a path as far as it leads. @param by The name of fields that the path has. */
function walk(
  spec: ProjectionSpec,
  { data, variables }: Merged,
  path: ReadonlyArray<string | number>,
  by: 'from' | 'key',
  visit: (step: number | FieldSpec) => void,
): void {
  let shape: Shape | undefined = spec.shapes[0];
  let value: unknown = data;
  for (const element of path) {
    if (typeof element === 'number') {
      visit(element);
      value = Array.isArray(value) ? value[element] : undefined;
      continue;
    }
    const candidates = shape ? (caseOf(shape, value)?.fields ?? anyCase(shape, value)) : [];
    const field = candidates.find(
      (candidate) => candidate[by] === element && isIncluded(candidate.when, variables),
    );
    if (!field) return;
    visit(field);
    value = isRecord(value) ? own(value, field.from) : undefined;
    shape = field.value.is === 'object' ? spec.shapes[field.value.shape] : undefined;
  }
}

/** The other way: the names in the merged data on the way to a path of the client's answer, without places in lists. */
export function toMergedNames(
  spec: ProjectionSpec,
  { data, variables }: { readonly data: Data; readonly variables: CoercedVariables },
  path: ClientPath,
): string[] {
  const names: string[] = [];
  let shape: Shape | undefined = spec.shapes[0];
  let value: unknown = data;
  for (const element of path) {
    if (typeof element === 'number') {
      value = Array.isArray(value) ? value[element] : undefined;
      continue;
    }
    const fields = shape ? (caseOf(shape, value)?.fields ?? []) : [];
    const field = fields.find(({ key, when }) => key === element && isIncluded(when, variables));
    if (!field) break;
    names.push(field.from);
    value = isRecord(value) ? value[field.from] : undefined;
    shape = field.value.is === 'object' ? spec.shapes[field.value.shape] : undefined;
  }
  return names;
}

/** Where the data is null its runtime type is unknown: any case that has the field will do. */
function anyCase(shape: Shape, value: unknown): Shape['cases'][number]['fields'] {
  return value === undefined || value === null ? shape.cases.flatMap((candidate) => candidate.fields) : [];
}
