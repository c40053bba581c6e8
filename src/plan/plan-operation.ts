/** Plans one valid operation, around the known defects of the planner. */

import { operationFromDocument } from '@apollo/federation-internals';
import { Kind, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';

import type { PlanNode } from '../pipeline/prepared.ts';
import { withoutConstants } from './conditions.ts';
import { toPlanNode } from './plan-format.ts';
import type { Renamer } from './renaming.ts';
import { repairPlan } from './repair.ts';
import { splitByConflict } from './split.ts';
import type { LoadedSupergraph } from './supergraph.ts';

/**
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED`, saying why.
 * @throws {Error} For what the planner cannot plan.
 */
export function planOperation(
  supergraph: LoadedSupergraph,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  renamer: Renamer,
): PlanNode {
  const { schema, requirements } = supergraph;
  const split = splitByConflict(schema, requirements, operation, fragments, renamer.nameOf);
  const plan = (document: DocumentNode): PlanNode => planDocument(supergraph, document, operation, renamer);
  if (!split) return plan({ kind: Kind.DOCUMENT, definitions: [operation, ...fragments.values()] });
  return {
    kind: 'split',
    main: plan(split.main),
    others: split.others.map(({ document, graft }) => ({ node: plan(document), graft })),
  };
}

function planDocument(
  supergraph: LoadedSupergraph,
  document: DocumentNode,
  { name }: OperationDefinitionNode,
  renamer: Renamer,
): PlanNode {
  const toPlan = operationFromDocument(supergraph.plannerSchema, renamer.rename(withoutConstants(document)), {
    ...(name ? { operationName: name.value } : {}),
    validate: false,
  });
  const { node } = supergraph.planner.buildQueryPlan(toPlan);
  if (!node) throw new Error('The planner returned an empty plan for an operation that needs data');
  if (node.kind === 'Subscription')
    throw new Error('The planner returned a subscription for an operation that is none');
  const plan = toPlanNode(node, { ...supergraph, variableOf: (variable) => renamer.variableOf(variable) });
  return repairPlan(plan, supergraph.joins);
}
