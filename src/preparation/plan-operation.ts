/** Plans one valid operation, with workarounds for known defects of the planner. */

import { operationFromDocument } from '@apollo/federation-internals';
import { Kind, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';

import type { PlanNode } from '../pipeline/prepared.ts';
import { withJoinableFetches } from './joinable-fetches.ts';
import { usesContexts, withContexts } from './planner-fixes/context-rewrites.ts';
import { exploded } from './planner-fixes/explode.ts';
import { withPartialFetches } from './planner-fixes/partial-fetches.ts';
import { plannableOperation, planWithOwnNames } from './supergraph/executable-directives.ts';
import { hoisted } from './planner-fixes/hoist.ts';
import { PreservedLiterals } from './planner-fixes/literals.ts';
import { mergeFetches } from './planner-fixes/merge-fetches.ts';
import { toPlanNode } from './plan-format.ts';
import type { Renamer } from './planner-fixes/renaming.ts';
import { repairPlan } from './planner-fixes/repair.ts';
import { planSerially } from './planner-fixes/serial.ts';
import { settled } from './planner-fixes/settle.ts';
import { splitByConflict, type SplitOperation } from './planner-fixes/split.ts';
import { withNumberPaths } from './number-places.ts';
import { withRepeatedFetches } from './repeated-fetches.ts';
import type { LoadedSupergraph } from './supergraph/supergraph.ts';

export interface PlanningOptions {
  readonly renamer: Renamer;
  /** The active labels of `@override`. */
  readonly labels: readonly string[];
}

/**
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED` with the reason.
 * @throws {Error} Where the planner cannot plan the operation.
 */
export function planOperation(
  supergraph: LoadedSupergraph,
  operation: OperationDefinitionNode,
  options: PlanningOptions & { readonly fragments: ReadonlyMap<string, FragmentDefinitionNode> },
): PlanNode {
  const { schema, joins } = supergraph;
  const settledOperation = exploded(schema, joins, settled(schema, operation, options.fragments));
  const hoistedOperation = hoisted(schema, joins, settledOperation);
  const split = splitByConflict(hoistedOperation, supergraph, options.renamer.nameOf);
  const plan = (part: OperationDefinitionNode): PlanNode => planPart(supergraph, part, options);
  const whole = (): PlanNode =>
    operation.operation === 'mutation' ? planSerially(hoistedOperation, plan) : plan(hoistedOperation);
  return withRepeatedFetches(withJoinableFetches(split ? splitPlan(split, plan) : whole()));
}

function splitPlan(
  { main, others }: SplitOperation,
  plan: (part: OperationDefinitionNode) => PlanNode,
): PlanNode {
  return {
    kind: 'split',
    main: plan(main),
    others: others.map(({ operation, graft }) => ({ node: plan(operation), graft })),
  };
}

/** @param operation Without spreads. */
function planPart(
  supergraph: LoadedSupergraph,
  operation: OperationDefinitionNode,
  { renamer, labels }: PlanningOptions,
): PlanNode {
  // Renaming first: names depend on the literals in arguments.
  const literals = new PreservedLiterals(supergraph.schema, renamer.rename(operation));
  const document = { kind: Kind.DOCUMENT, definitions: [plannableOperation(literals.operation)] } as const;
  const toPlan = operationFromDocument(supergraph.plannerSchema, document, { validate: false });
  const overrideConditions = new Map(labels.map((label) => [label, true]));
  const { node } = supergraph.planner.buildQueryPlan(toPlan, { overrideConditions });
  if (!node) throw new Error('The planner returned an empty plan for an operation that needs data');
  if (node.kind === 'Subscription')
    throw new Error('The planner returned a subscription plan for a query or mutation');
  const plan = toPlanNode(node, {
    ...supergraph,
    literals,
    variableOf: (variable) => renamer.variableOf(variable),
  });
  const repaired = repairPlan(planWithOwnNames(plan), supergraph.joins);
  const ordered = usesContexts(repaired) ? withContexts(repaired) : mergeFetches(repaired);
  return withNumberPaths(withPartialFetches(ordered, supergraph.joins), supergraph.schema);
}
