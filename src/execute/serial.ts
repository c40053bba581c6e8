/**
 * The root fields of a mutation, in turn: where one that must not be null is, the later ones do not run.
 *
 * @see https://spec.graphql.org/October2021/#sec-Normal-and-Serial-Execution
 */

import type { FieldSpec, PlanNode, PreparedOperation, ProjectionSpec, Shape } from '../pipeline/prepared.ts';
import type { Step } from './fetch.ts';
import { project } from './projection.ts';
import type { Run } from './run.ts';

/** @returns undefined where the plan has no fields in turn, or none of them can make the whole answer null. */
export function serially(
  { plan, projection }: PreparedOperation,
  compile: (groups: readonly PlanNode[]) => readonly Step[],
): Step | undefined {
  if (plan?.kind !== 'sequence' || plan.inTurn !== true) return undefined;
  const guards = plan.nodes.map((node) => guardOf(rootNames(node), projection));
  if (!guards.some((guard) => guard !== undefined)) return undefined;
  const steps = compile(plan.nodes);
  return async (run) => {
    for (const [index, step] of steps.entries()) {
      await step(run);
      const guard = guards[index];
      if (guard && isNull(run, guard)) return;
    }
  };
}

/** What to complete after a group to see whether the answer is null already; undefined where it cannot be. */
function guardOf(names: ReadonlySet<string>, projection: ProjectionSpec): ProjectionSpec | undefined {
  const [root, ...shapes] = projection.shapes.map(withoutSchemaFields);
  if (!root) return undefined;
  const isGuarded = ({ from, wrappers }: FieldSpec): boolean => names.has(from) && wrappers.startsWith('!');
  const cases = root.cases.map((each) => ({ ...each, fields: each.fields.filter(isGuarded) }));
  return cases.some(({ fields }) => fields.length > 0)
    ? { ...projection, shapes: [{ ...root, cases }, ...shapes] }
    : undefined;
}

/** They are not null by what a backend answers. */
function withoutSchemaFields(shape: Shape): Shape {
  const cases = shape.cases.map((each) => ({
    ...each,
    fields: each.fields.filter(({ value }) => value.is !== 'introspection'),
  }));
  return { ...shape, cases };
}

function isNull({ data, variables }: Run, spec: ProjectionSpec): boolean {
  return project({ spec, data, variables, introspection: null, explained: [] }).data === null;
}

/** Response names that the fetches of root fields in this part of the plan write. */
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
