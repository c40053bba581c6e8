/** Evaluates the cost formula of an operation with the variables of one request. */

import type { CoercedVariables } from '../../pipeline/answer.ts';
import { isIncluded } from '../../pipeline/conditions.ts';
import type { CostSpec, CostTerm, KnownSize, ListSize, SliceVariable } from '../../pipeline/cost.ts';
import { costMax, costOfValue } from '../../pipeline/value-cost.ts';
import { isRecord, own } from '../../shared/records.ts';

/** @returns A whole number from 0 to `costMax`: weights may have fractions, their sum is rounded up. */
export function estimateCost(spec: CostSpec, variables: CoercedVariables): number {
  return wholeCost(new Estimate(spec, variables).of(spec.total));
}

/** Planned calls to services, without those whose conditions do not hold. */
export function plannedCalls(spec: CostSpec, variables: CoercedVariables): number {
  return wholeCost(new Estimate(spec, variables).of(spec.calls));
}

/** Of the planned calls to each service together; empty unless the formula has them. */
export function estimateByService(spec: CostSpec, variables: CoercedVariables): Map<string, number> {
  const { services = [] } = spec;
  const estimate = new Estimate(spec, variables);
  return new Map(services.map(({ service, cost }) => [service, wholeCost(estimate.of(cost))]));
}

/** Rounded up, after the rounding errors of fractions are removed. */
export function wholeCost(cost: number): number {
  return Math.min(costMax, Math.ceil(Math.round(cost * 1000) / 1000));
}

export class Estimate {
  readonly #spec: CostSpec;
  readonly #variables: CoercedVariables;
  /** By index: a large value may be used in many places. */
  #inputs: number[] | undefined;
  /** By index. */
  #shared: number[] | undefined;

  constructor(spec: CostSpec, variables: CoercedVariables) {
    this.#spec = spec;
    this.#variables = variables;
  }

  /** Not rounded. */
  of(term: CostTerm): number {
    if (typeof term === 'number') return term;
    switch (term.is) {
      case 'sum': {
        let total = 0;
        for (const inner of term.of) total += this.of(inner);
        return total;
      }
      case 'max': {
        let largest = 0;
        for (const inner of term.of) largest = Math.max(largest, this.of(inner));
        return largest;
      }
      case 'positive':
        return Math.max(0, this.of(term.of));
      case 'times':
        // Bounded, so that no product becomes infinite.
        return Math.min(costMax, this.#size(term.size) * this.of(term.of));
      case 'when':
        return isIncluded(term.when, this.#variables) ? this.of(term.of) : 0;
      case 'input':
        return this.#input(term.input);
      case 'shared':
        return this.#once(term.shared);
    }
  }

  #size(size: ListSize): number {
    if (typeof size === 'number') return size;
    let largest: number | undefined;
    for (const one of size.largestOf) {
      const known = this.#known(one);
      if (known !== undefined && (largest === undefined || known > largest)) largest = known;
    }
    return largest === undefined ? this.#size(size.otherwise) : Math.max(0, largest);
  }

  #known({ slices, assumed }: KnownSize): number | undefined {
    let largest: number | undefined;
    for (const slice of slices) {
      const value = typeof slice === 'number' ? slice : this.#slice(slice);
      if (value !== undefined && (largest === undefined || value > largest)) largest = value;
    }
    return largest ?? assumed;
  }

  #slice({ variable, path, otherwise }: SliceVariable): number | undefined {
    let value = this.#variables.get(variable);
    if (value === undefined) return otherwise;
    for (const name of path) value = isRecord(value) ? own(value, name) : undefined;
    if (Array.isArray(value)) return value.length;
    return typeof value === 'number' ? value : undefined;
  }

  #once(index: number): number {
    const values = (this.#shared ??= []);
    const known = values[index];
    if (known !== undefined) return known;
    const term = this.#spec.shared?.[index];
    if (term === undefined) throw new Error(`No shared term ${index} in this formula`);
    return (values[index] = this.of(term));
  }

  #input(index: number): number {
    const inputs = (this.#inputs ??= []);
    const known = inputs[index];
    if (known !== undefined) return known;
    const { inputs: specs = [], inputTypes = [] } = this.#spec;
    const spec = specs[index];
    if (!spec) throw new Error(`No input ${index} in this formula`);
    const value = this.#variables.get(spec.variable);
    return (inputs[index] =
      value === undefined ? (spec.otherwise ?? 0) : costOfValue(value, spec, inputTypes));
  }
}
