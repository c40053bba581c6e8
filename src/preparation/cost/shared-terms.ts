/** Terms that stand in several places of a formula: without them it would double with each level of abstract types. */

import type { CostTerm } from '../../pipeline/cost.ts';

export class SharedTerms {
  readonly #terms: CostTerm[] = [];
  readonly #indexes = new Map<string, number>();

  /** Those that terms refer to, by index. */
  get terms(): readonly CostTerm[] {
    return this.#terms;
  }

  /** @returns A short term that stands for this one. */
  add(term: CostTerm): CostTerm {
    if (typeof term === 'number' || term.is === 'shared') return term;
    const key = JSON.stringify(term);
    let index = this.#indexes.get(key);
    if (index === undefined) this.#indexes.set(key, (index = this.#terms.push(term) - 1));
    return { is: 'shared', shared: index };
  }
}
