/** Converts paths of the merged data to paths of the client's answer. Slow path: for errors only. */

import type { CoercedVariables } from '../pipeline/answer.ts';
import { isIncluded } from '../pipeline/conditions.ts';
import type { FieldSpec, ProjectionSpec, Shape, SourcePosition } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';
import { caseOf, type ClientPath } from './projection.ts';

interface MergedData {
  readonly data: Data;
  readonly variables: CoercedVariables;
}

/** @returns The path, truncated below the fields that the client selected. */
export function toClientPath(
  spec: ProjectionSpec,
  merged: MergedData,
  path: ReadonlyArray<string | number>,
): ClientPath {
  const client: Array<string | number> = [];
  walk(spec, merged, path, 'from', (step) => client.push(typeof step === 'number' ? step : step.key));
  return client;
}

/** Locations in the client's document that select the field at a path of its answer. */
export function locationsOf(spec: ProjectionSpec, merged: MergedData, path: ClientPath): SourcePosition[] {
  let last: FieldSpec | undefined;
  walk(spec, merged, path, 'key', (step) => {
    if (typeof step !== 'number') last = step;
  });
  return (last?.at ?? [])
    .filter(([, , clause]) => isIncluded(clause && [clause], merged.variables))
    .map(([line, column]) => ({ line, column }));
}

/** Visits the fields along a path. @param nameKey Whether the path has the names of the merged data or of the client. */
function walk(
  spec: ProjectionSpec,
  { data, variables }: MergedData,
  path: ReadonlyArray<string | number>,
  nameKey: 'from' | 'key',
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
    const candidates = shape ? (caseOf(shape, value)?.fields ?? fieldsOfAnyCase(shape, value)) : [];
    const field = candidates.find(
      (candidate) => candidate[nameKey] === element && isIncluded(candidate.when, variables),
    );
    if (!field) return;
    visit(field);
    value = isRecord(value) ? own(value, field.from) : undefined;
    shape = field.value.is === 'object' ? spec.shapes[field.value.shape] : undefined;
  }
}

/** The inverse: a path of the client's answer in the names of the merged data, without list positions. */
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

/** Null has no runtime type: the fields of all cases. */
function fieldsOfAnyCase(shape: Shape, value: unknown): Shape['cases'][number]['fields'] {
  return value === undefined || value === null ? shape.cases.flatMap((candidate) => candidate.fields) : [];
}
