/** Collects what is needed to count the cost of an answer: the costs that are not as in a graph without directives. */

import { isLeafType, type GraphQLNamedType } from 'graphql';

import type { ActualCostSpec, CallCost, CostTerm } from '../../pipeline/cost.ts';
import type { CostObserver, Step } from './selection-costs.ts';

interface CallNode {
  readonly step: Step | null;
  cost: CostTerm;
  readonly below: CallNode[];
}

export class ActualCosts implements CostObserver {
  readonly #weights = new Map<string, number>();
  readonly #root: CallNode = { step: null, cost: 0, below: [] };
  readonly #nodes = new Map<Step, CallNode>();

  call(field: Step, cost: CostTerm): void {
    this.#nodeOf(field).cost = cost;
  }

  value(type: GraphQLNamedType, weight: number): void {
    if (weight !== (isLeafType(type) ? 0 : 1)) this.#weights.set(type.name, weight);
  }

  /** Null: everything is as in a graph without directives. */
  get spec(): ActualCostSpec | null {
    if (this.#weights.size === 0 && this.#nodes.size === 0) return null;
    return { weights: [...this.#weights], calls: callsBelow(this.#root) };
  }

  #nodeOf(step: Step): CallNode {
    let node = this.#nodes.get(step);
    if (!node) {
      node = { step, cost: 0, below: [] };
      this.#nodes.set(step, node);
      (step.above ? this.#nodeOf(step.above) : this.#root).below.push(node);
    }
    return node;
  }
}

function callsBelow({ below }: CallNode): CallCost[] {
  return below.flatMap((node) => {
    if (!node.step) return [];
    const { key, types } = node.step;
    const calls = callsBelow(node);
    return {
      key,
      types: types.map(({ name }) => name),
      ...(node.cost === 0 ? {} : { cost: node.cost }),
      ...(calls.length === 0 ? {} : { below: calls }),
    };
  });
}
