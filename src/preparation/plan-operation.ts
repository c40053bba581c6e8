/** Plans one valid operation, around the known defects of the planner. */

import { operationFromDocument } from '@apollo/federation-internals';
import { Kind, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';

import type { PlanNode } from '../pipeline/prepared.ts';
import { usesContexts, withContexts } from './planner-fixes/context-rewrites.ts';
import { exploded } from './planner-fixes/explode.ts';
import { withPartialFetches } from './planner-fixes/partial-fetches.ts';
import { plannableOperation, planWithOwnNames } from './supergraph/executable-directives.ts';
import { hoisted } from './planner-fixes/hoist.ts';
import { KeptLiterals } from './planner-fixes/literals.ts';
import { mergeFetches } from './planner-fixes/merge-fetches.ts';
import { toPlanNode } from './plan-format.ts';
import type { Renamer } from './planner-fixes/renaming.ts';
import { repairPlan } from './planner-fixes/repair.ts';
import { planInTurn } from './planner-fixes/serial.ts';
import { settled } from './planner-fixes/settle.ts';
import { splitByConflict } from './planner-fixes/split.ts';
import { withNumberPlaces } from './number-places.ts';
import type { LoadedSupergraph } from './supergraph/supergraph.ts';

export interface PlanningTerms {
  readonly renamer: Renamer;
  /** Labels of `@override` that hold. */
  readonly labels: readonly string[];
}

/**
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED`, saying why.
 * @throws {Error} For what the planner cannot plan.
 */
export function planOperation(
  supergraph: LoadedSupergraph,
  operation: OperationDefinitionNode,
  terms: PlanningTerms & { readonly fragments: ReadonlyMap<string, FragmentDefinitionNode> },
): PlanNode {
  const { schema, joins } = supergraph;
  const plain = exploded(schema, joins, settled(schema, operation, terms.fragments));
  const whole = hoisted(schema, joins, plain);
  const split = splitByConflict(whole, supergraph, terms.renamer.nameOf);
  const plan = (part: OperationDefinitionNode): PlanNode => planPart(supergraph, part, terms);
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
  { renamer, labels }: PlanningTerms,
): PlanNode {
  // Names go by the arguments as they are written.
  const literals = new KeptLiterals(supergraph.schema, renamer.rename(operation));
  const document = { kind: Kind.DOCUMENT, definitions: [literals.operation] } as const;
  const toPlan = operationFromDocument(supergraph.plannerSchema, plannableOperation(document), {
    validate: false,
  });
  const overrideConditions = new Map(labels.map((label) => [label, true]));
  const { node } = supergraph.planner.buildQueryPlan(toPlan, { overrideConditions });
  if (!node) throw new Error('The planner returned an empty plan for an operation that needs data');
  if (node.kind === 'Subscription')
    throw new Error('The planner returned a subscription for an operation that is none');
  const plan = toPlanNode(node, {
    ...supergraph,
    literals,
    variableOf: (variable) => renamer.variableOf(variable),
  });
  const repaired = repairPlan(planWithOwnNames(plan), supergraph.joins);
  const ordered = usesContexts(repaired) ? withContexts(repaired) : mergeFetches(repaired);
  return withNumberPlaces(withPartialFetches(ordered, supergraph.joins), supergraph.schema);
}
