/**
 * Serial execution of the root fields of a mutation: if a non-null field is null, the later ones do not run.
 *
 * @see https://spec.graphql.org/October2021/#sec-Normal-and-Serial-Execution
 */

import type { FieldSpec, PlanNode, PreparedOperation, ProjectionSpec, Shape } from '../pipeline/prepared.ts';
import type { Step } from './fetch.ts';
import { compileHiddenMembers } from './hidden-members.ts';
import { project } from './projection.ts';
import type { Run } from './run.ts';

/** @returns undefined where the plan is not serial, or no root field can make the whole answer null. */
export function compileSerial(
  { plan, projection }: PreparedOperation,
  compile: (groups: readonly PlanNode[]) => readonly Step[],
): Step | undefined {
  if (plan?.kind !== 'sequence' || plan.isSerial !== true) return undefined;
  const nullChecks = plan.nodes.map((node) => nullCheckOf(rootNames(node), projection));
  if (!nullChecks.some((nullCheck) => nullCheck !== undefined)) return undefined;
  const steps = compile(plan.nodes);
  const dropHidden = compileHiddenMembers(projection);
  return async (run) => {
    for (const [index, step] of steps.entries()) {
      await step(run);
      const nullCheck = nullChecks[index];
      if (!nullCheck) continue;
      // What is hidden from the client makes nothing null that is not null in its answer.
      dropHidden?.(run);
      if (isNull(run, nullCheck)) return;
    }
  };
}

/** The projection that tells, after a group, whether the whole answer is null; undefined where it cannot be. */
function nullCheckOf(names: ReadonlySet<string>, projection: ProjectionSpec): ProjectionSpec | undefined {
  const [root, ...shapes] = projection.shapes.map(withoutSchemaFields);
  if (!root) return undefined;
  const isRequiredInGroup = ({ from, wrappers }: FieldSpec): boolean =>
    names.has(from) && wrappers.startsWith('!');
  const cases = root.cases.map((shapeCase) => ({
    ...shapeCase,
    fields: shapeCase.fields.filter(isRequiredInGroup),
  }));
  return cases.some(({ fields }) => fields.length > 0)
    ? { ...projection, shapes: [{ ...root, cases }, ...shapes] }
    : undefined;
}

/** Schema introspection does not depend on backends, so it is never null. */
function withoutSchemaFields(shape: Shape): Shape {
  const cases = shape.cases.map((shapeCase) => ({
    ...shapeCase,
    fields: shapeCase.fields.filter(({ value }) => value.is !== 'introspection'),
  }));
  return { ...shape, cases };
}

function isNull({ data, variables }: Run, spec: ProjectionSpec): boolean {
  return project({ spec, data, variables, introspection: null, explained: [] }).data === null;
}

/** Response names of the root fields in this part of the plan. */
function rootNames(node: PlanNode | null, names = new Set<string>()): Set<string> {
  switch (node?.kind) {
    case 'fetch':
      for (const name of node.requires ? [] : node.writes) names.add(name);
      break;
    case 'sequence':
    case 'parallel':
      for (const child of node.nodes) rootNames(child, names);
      break;
    case 'condition':
      rootNames(node.whenTrue, names);
      rootNames(node.whenFalse, names);
      break;
    case 'split':
      rootNames(node.main, names);
      break;
    case 'flatten':
    case undefined:
      break;
  }
  return names;
}
