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
  const steps = stepsAlong(spec, merged, { path, names: 'from' });
  return steps.map((step) => (typeof step === 'number' ? step : step.key));
}

/** The inverse: a path of the client's answer in the names of the merged data, without list positions. */
export function toMergedNames(spec: ProjectionSpec, merged: MergedData, path: ClientPath): string[] {
  const steps = stepsAlong(spec, merged, { path, names: 'key' });
  return steps.flatMap((step) => (typeof step === 'number' ? [] : [step.from]));
}

/** Locations in the client's document that select the field at a path of its answer. */
export function locationsOf(spec: ProjectionSpec, merged: MergedData, path: ClientPath): SourcePosition[] {
  const steps = stepsAlong(spec, merged, { path, names: 'key' });
  const field = steps.findLast((step) => typeof step !== 'number');
  return (field?.at ?? [])
    .filter(([, , clause]) => isIncluded(clause && [clause], merged.variables))
    .map(([line, column]) => ({ line, column }));
}

interface PathToFollow {
  readonly path: ReadonlyArray<string | number>;
  /** Whether it has the names of the merged data (`from`) or of the client (`key`). */
  readonly names: 'from' | 'key';
}

/** The fields and list positions along a path, as far as the client selected it. */
function stepsAlong(
  spec: ProjectionSpec,
  { data, variables }: MergedData,
  { path, names }: PathToFollow,
): Array<FieldSpec | number> {
  const steps: Array<FieldSpec | number> = [];
  let shape: Shape | undefined = spec.shapes[0];
  let value: unknown = data;
  for (const element of path) {
    if (typeof element === 'number') {
      steps.push(element);
      value = Array.isArray(value) ? value[element] : undefined;
      continue;
    }
    const candidates = shape ? (caseOf(shape, value)?.fields ?? fieldsOfAnyCase(shape, value)) : [];
    const field = candidates.find(
      (candidate) => candidate[names] === element && isIncluded(candidate.when, variables),
    );
    if (!field) break;
    steps.push(field);
    value = isRecord(value) ? own(value, field.from) : undefined;
    shape = field.value.is === 'object' ? spec.shapes[field.value.shape] : undefined;
  }
  return steps;
}

/** Null has no runtime type: the fields of all cases. */
function fieldsOfAnyCase(shape: Shape, value: unknown): Shape['cases'][number]['fields'] {
  return value === undefined || value === null ? shape.cases.flatMap((candidate) => candidate.fields) : [];
}
