/** Builds terms of a cost formula: what does not depend on variables becomes one number. */

import type { CostTerm, KnownSize, ListSize } from '../../pipeline/cost.ts';
import { costMax } from '../../pipeline/value-cost.ts';
import type { Clause } from '../../pipeline/clause.ts';

export function sum(terms: readonly CostTerm[]): CostTerm {
  let constant = 0;
  const others: CostTerm[] = [];
  for (const term of terms) {
    if (typeof term === 'number') constant += term;
    else if (term.is !== 'sum') others.push(term);
    else {
      // A sum has at most one constant, and no sum in it.
      for (const inner of term.of) {
        if (typeof inner === 'number') constant += inner;
        else others.push(inner);
      }
    }
  }
  if (others.length === 0) return constant;
  const all = constant === 0 ? others : [constant, ...others];
  return all.length === 1 ? (all[0] as CostTerm) : { is: 'sum', of: all };
}

export function max(terms: readonly CostTerm[]): CostTerm {
  let constant: number | undefined;
  const others = new Map<string, CostTerm>();
  for (const term of terms) {
    if (typeof term === 'number') constant = constant === undefined ? term : Math.max(constant, term);
    else others.set(JSON.stringify(term), term);
  }
  const all = constant === undefined ? [...others.values()] : [constant, ...others.values()];
  return all.length > 1 ? { is: 'max', of: all } : (all[0] ?? 0);
}

/** @param isNonNegative Whether the term cannot be less than 0. */
export function positive(term: CostTerm, isNonNegative: boolean): CostTerm {
  if (typeof term === 'number') return Math.max(0, term);
  return isNonNegative ? term : { is: 'positive', of: term };
}

export function times(size: ListSize, of: CostTerm): CostTerm {
  if (of === 0 || size === 0) return 0;
  if (size === 1) return of;
  if (typeof size !== 'number' || typeof of !== 'number') return { is: 'times', size, of };
  // Bounded, so that no product becomes infinite.
  return Math.min(costMax, size * of);
}

/** @param clauses Undefined: always. */
export function when(clauses: readonly Clause[] | undefined, of: CostTerm): CostTerm {
  return clauses === undefined || of === 0 ? of : { is: 'when', when: clauses, of };
}

/** @param otherwise Used where none is known. */
export function listSize(known: readonly KnownSize[], otherwise: ListSize): ListSize {
  const useful = known.filter(({ slices, assumed }) => slices.length > 0 || assumed !== undefined);
  if (useful.length === 0) return otherwise;
  const constants = useful.map(constantSize);
  if (constants.every((size) => size !== undefined)) return Math.max(...constants);
  const isKnown = useful.some((one) => one.assumed !== undefined || one.slices.some(isNumber));
  return { largestOf: useful, otherwise: isKnown ? 0 : otherwise };
}

function constantSize({ slices, assumed }: KnownSize): number | undefined {
  if (slices.length === 0) return assumed;
  return slices.every(isNumber) ? Math.max(0, ...slices) : undefined;
}

function isNumber(slice: KnownSize['slices'][number]): slice is number {
  return typeof slice === 'number';
}
