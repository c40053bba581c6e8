/** Makes the cost formula of an operation. */

import type {
  FragmentDefinitionNode,
  GraphQLObjectType,
  GraphQLSchema,
  OperationDefinitionNode,
} from 'graphql';

import type { CostSpec } from '../../pipeline/cost.ts';
import type { PlanNode } from '../../pipeline/prepared.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';
import { ActualCosts } from './actual-costs.ts';
import { operationWeights } from './operation-weights.ts';
import { plannedCalls, serviceCosts } from './plan-costs.ts';
import { InputCosts } from './input-costs.ts';
import { SelectionCosts } from './selection-costs.ts';
import { SharedTerms } from './shared-terms.ts';
import { sum } from './terms.ts';

export interface CostOptions {
  /** Assumed size of a list that no directive sizes. */
  readonly listSize: number;
  /** Whether the cost of each service is part of the formula. */
  readonly byService: boolean;
}

/** As in gateway.yaml. */
export const costDefaults: CostOptions = { listSize: 10, byService: false };

export interface CostedOperation {
  readonly operation: OperationDefinitionNode;
  readonly root: GraphQLObjectType;
  readonly plan: PlanNode | null;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** As the client sees it. */
  readonly schema: GraphQLSchema;
}

export function costSpec(
  { operation, root, plan, ...terms }: CostedOperation,
  { costs: rules, fullSchema }: Pick<LoadedSupergraph, 'costs' | 'fullSchema'>,
  { listSize, byService }: CostOptions,
): CostSpec {
  const inputs = new InputCosts(rules);
  const shared = new SharedTerms();
  const actual = new ActualCosts();
  const costs = new SelectionCosts({ ...terms, rules, inputs, shared, listSize, observer: actual });
  const total = sum([operationWeights[operation.operation], costs.ofFields(root, operation.selectionSet)]);
  const services = byService
    ? serviceCosts(plan, { schema: fullSchema, rules, inputs, shared, listSize })
    : undefined;
  return {
    total,
    ...(actual.spec ? { actual: actual.spec } : {}),
    calls: plannedCalls(plan),
    ...(services ? { services } : {}),
    ...(shared.terms.length > 0 ? { shared: shared.terms } : {}),
    ...(inputs.inputs.length > 0 ? { inputs: inputs.inputs } : {}),
    ...(inputs.types.length > 0 ? { inputTypes: inputs.types } : {}),
  };
}
