/** What the value of an argument or a variable costs: planner workers ask for constants, the main thread for variables. */

import { isRecord, own } from '../shared/records.ts';
import type { InputTypeCost, ValueCost } from './cost.ts';

/** What a limit can hold at most: a larger cost counts as this one. */
export const costMax = 4_294_967_295;

/** @param value Coerced, with the defaults of input fields. */
export function costOfValue(value: unknown, cost: ValueCost, types: readonly InputTypeCost[]): number {
  return new ValueCosts(types).of(value, cost);
}

class ValueCosts {
  readonly #types: readonly InputTypeCost[];

  constructor(types: readonly InputTypeCost[]) {
    this.#types = types;
  }

  of(value: unknown, cost: ValueCost): number {
    if (value === undefined || value === null) return 0;
    return cost.weight + this.#elements(value, cost, cost.lists ?? 0);
  }

  /** Without the weight that counts once. */
  #elements(value: unknown, cost: ValueCost, lists: number): number {
    if (value === null) return 0;
    let total = 0;
    if (lists > 0 && Array.isArray(value)) {
      for (const element of value) total += this.#elements(element, cost, lists - 1);
      return total;
    }
    const fields = cost.type === undefined ? undefined : this.#types[cost.type];
    if (fields && isRecord(value)) {
      for (const [name, field] of fields) total += this.of(own(value, name), field);
    }
    return cost.each + total;
  }
}
