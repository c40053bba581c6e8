/** Plans one valid operation, around the known defects of the planner. */

import { operationFromDocument } from '@apollo/federation-internals';
import { Kind, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';

import type { PlanNode } from '../pipeline/prepared.ts';
import { toPlanNode } from './plan-format.ts';
import type { Renamer } from './renaming.ts';
import { repairPlan } from './repair.ts';
import { planInTurn } from './serial.ts';
import { settled } from './settle.ts';
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
  const whole = settled(schema, operation, fragments);
  const split = splitByConflict(schema, requirements, whole, renamer.nameOf);
  const plan = (part: OperationDefinitionNode): PlanNode => planPart(supergraph, part, renamer);
  if (!split) return operation.operation === 'mutation' ? planInTurn(whole, plan) : plan(whole);
  return {
    kind: 'split',
    main: plan(split.main),
    others: split.others.map((other) => ({ node: plan(other.operation), graft: other.graft })),
  };
}

/** @param operation Without spreads. */
function planPart(
  supergraph: LoadedSupergraph,
  operation: OperationDefinitionNode,
  renamer: Renamer,
): PlanNode {
  const document = renamer.rename({ kind: Kind.DOCUMENT, definitions: [operation] });
  const toPlan = operationFromDocument(supergraph.plannerSchema, document, { validate: false });
  const { node } = supergraph.planner.buildQueryPlan(toPlan);
  if (!node) throw new Error('The planner returned an empty plan for an operation that needs data');
  if (node.kind === 'Subscription')
    throw new Error('The planner returned a subscription for an operation that is none');
  const plan = toPlanNode(node, { ...supergraph, variableOf: (variable) => renamer.variableOf(variable) });
  return repairPlan(plan, supergraph.joins);
}
