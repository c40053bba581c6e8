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

/**
 * @returns The path, truncated below the fields that the client selected; several where it selected one of them under
 *   several names, in their order. At most `pathsMax`.
 */
export function toClientPaths(
  spec: ProjectionSpec,
  merged: MergedData,
  path: ReadonlyArray<string | number>,
): ClientPath[] {
  const all = stepsAlong(spec, merged, { path, names: 'from' });
  return all.map((steps) => steps.map((step) => (typeof step === 'number' ? step : step.key)));
}

/** The inverse: a path of the client's answer in the names of the merged data, without list positions. */
export function toMergedNames(spec: ProjectionSpec, merged: MergedData, path: ClientPath): string[] {
  const [steps = []] = stepsAlong(spec, merged, { path, names: 'key' });
  return steps.flatMap((step) => (typeof step === 'number' ? [] : [step.from]));
}

/** Locations in the client's document that select the field at a path of its answer. */
export function locationsOf(spec: ProjectionSpec, merged: MergedData, path: ClientPath): SourcePosition[] {
  const [steps = []] = stepsAlong(spec, merged, { path, names: 'key' });
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

/** Of one path: a client can select a field under any number of names. */
const pathsMax = 32;

interface Branch {
  readonly steps: ReadonlyArray<FieldSpec | number>;
  readonly shape: Shape | undefined;
}

/** The fields and list positions along a path, as far as the client selected it. */
function stepsAlong(
  spec: ProjectionSpec,
  { data, variables }: MergedData,
  { path, names }: PathToFollow,
): Array<Branch['steps']> {
  const ended: Branch[] = [];
  let branches: Branch[] = [{ steps: [], shape: spec.shapes[0] }];
  let value: unknown = data;
  for (const element of path) {
    if (typeof element === 'number') {
      branches = branches.map(({ steps, shape }) => ({ steps: [...steps, element], shape }));
      value = Array.isArray(value) ? value[element] : undefined;
      continue;
    }
    const isStep = (field: FieldSpec): boolean =>
      field[names] === element && isIncluded(field.when, variables);
    branches = branches.flatMap((branch) => {
      const fields = fieldsOf(branch.shape, value, isStep);
      if (fields.length === 0) ended.push(branch);
      return fields.map((field) => ({
        steps: [...branch.steps, field],
        shape: field.value.is === 'object' ? spec.shapes[field.value.shape] : undefined,
      }));
    });
    branches = branches.slice(0, pathsMax);
    const field = branches[0]?.steps.at(-1);
    value = isRecord(value) && typeof field === 'object' ? own(value, field.from) : undefined;
  }
  return [...branches, ...ended].slice(0, pathsMax).map(({ steps }) => steps);
}

/** One for each name of the client. */
function fieldsOf(
  shape: Shape | undefined,
  value: unknown,
  isStep: (field: FieldSpec) => boolean,
): readonly FieldSpec[] {
  const shapeCase = shape && caseOf(shape, value);
  if (shapeCase) {
    const byKey = new Map<string, FieldSpec>();
    for (const field of shapeCase.fields)
      if (isStep(field) && !byKey.has(field.key)) byKey.set(field.key, field);
    return [...byKey.values()];
  }
  // Null has no runtime type: whichever type has such a field.
  const isNull = value === undefined || value === null;
  const field = isNull ? shape?.cases.flatMap(({ fields }) => fields).find(isStep) : undefined;
  return field ? [field] : [];
}
