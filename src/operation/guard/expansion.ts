/**
 * Computes the figures of definitions with their fragments expanded, without expanding them.
 *
 * Each definition is finished once and each spread added once: linear in the outline, however much the fragments
 * multiply. Counts saturate instead of overflowing. No recursion: a chain of fragments may be long.
 */

import { zeroFigures, type Definition, type Figures, type Spread } from './outline.ts';

/** This count, or any larger one. */
export const saturatedAt = 1_000_000_000;

export type Expansion =
  /** The maximum of each figure over all definitions; of root fields and depths, over all operations. */
  | { readonly is: 'finite'; readonly figures: Figures; readonly steps: number }
  /** The spreads that form the cycle, in order: the fragment of the last one contains the first one. */
  | { readonly is: 'cyclic'; readonly spreads: readonly Spread[]; readonly steps: number };

/** Replaces the figures of `definitions` by the expanded ones. */
export function expand(definitions: readonly Definition[]): Expansion {
  const maxima = zeroFigures();
  const expander = definitions.some(({ spreads }) => spreads.length > 0) && new Expander(definitions);
  if (expander) {
    // Fragments first, as graphql-js does: its message names the fragment in which the cycle begins.
    for (const definition of [...definitions].sort(fragmentsFirst)) {
      const spreads = expander.finish(definition);
      if (spreads) return { is: 'cyclic', spreads, steps: expander.steps };
    }
  }
  for (const definition of definitions) updateMaxima(maxima, definition);
  return { is: 'finite', figures: maxima, steps: expander ? expander.steps : 0 };
}

class Expander {
  /** Spreads visited plus definitions finished. */
  steps = 0;
  readonly #fragments = new Map<string, Definition>();
  /** Number of its spreads that are added; one more than it has once it is finished. */
  readonly #addedSpreads = new Map<Definition, number>();
  /** Each definition spreads the next one. */
  readonly #stack: Definition[] = [];

  constructor(definitions: readonly Definition[]) {
    for (const definition of definitions) {
      // Validation refuses duplicate names; each definition is still measured.
      if (definition.name !== null) this.#fragments.set(definition.name, definition);
    }
  }

  /** @returns A cycle where there is one. */
  finish(first: Definition): Spread[] | undefined {
    if (!this.#addedSpreads.has(first)) this.#begin(first);
    for (let top = this.#stack.at(-1); top; top = this.#stack.at(-1)) {
      this.steps += 1;
      const added = this.#addedSpreads.get(top) ?? 0;
      const spread = top.spreads[added];
      const target = spread && this.#fragments.get(spread.name);
      if (target && !this.#isFinished(target)) {
        if (this.#addedSpreads.has(target)) return this.#cycle(target);
        this.#begin(target);
        continue;
      }
      if (spread && target) add(top.figures, spread, target.figures);
      if (!spread) this.#stack.pop();
      this.#addedSpreads.set(top, added + 1);
    }
    return undefined;
  }

  #begin(definition: Definition): void {
    this.#addedSpreads.set(definition, 0);
    this.#stack.push(definition);
  }

  #isFinished(definition: Definition): boolean {
    return (this.#addedSpreads.get(definition) ?? -1) > definition.spreads.length;
  }

  #cycle(repeated: Definition): Spread[] {
    return this.#stack
      .slice(this.#stack.indexOf(repeated))
      .flatMap((definition) => definition.spreads[this.#addedSpreads.get(definition) ?? 0] ?? []);
  }
}

function fragmentsFirst(a: Definition, b: Definition): number {
  return Number(b.isFragment) - Number(a.isFragment);
}

function add(target: Figures, { fieldsAbove, introspectionAbove }: Spread, fragment: Figures): void {
  target.selections = saturate(target.selections + fragment.selections);
  target.aliases = saturate(target.aliases + fragment.aliases);
  target.directives = saturate(target.directives + fragment.directives);
  if (fieldsAbove === 0) target.rootFields = saturate(target.rootFields + fragment.rootFields);
  target.chain = Math.max(target.chain, fieldsAbove + fragment.chain);
  if (introspectionAbove > 0) {
    target.introspectionDepth = Math.max(target.introspectionDepth, introspectionAbove + fragment.chain);
  } else {
    target.depth = Math.max(target.depth, fieldsAbove + fragment.depth);
    target.introspectionDepth = Math.max(target.introspectionDepth, fragment.introspectionDepth);
  }
}

function saturate(count: number): number {
  return Math.min(count, saturatedAt);
}

/**
 * An unused fragment counts as well: validation refuses it, but only after visiting it. The depth of a fragment matters
 * only where it is spread: one on `__Type` is deep, and harmless below `__schema`.
 */
function updateMaxima(maxima: Figures, { isFragment, figures }: Definition): void {
  maxima.selections = Math.max(maxima.selections, figures.selections);
  maxima.aliases = Math.max(maxima.aliases, figures.aliases);
  maxima.directives = Math.max(maxima.directives, figures.directives);
  if (isFragment) return;
  maxima.rootFields = Math.max(maxima.rootFields, figures.rootFields);
  maxima.depth = Math.max(maxima.depth, figures.depth);
  maxima.introspectionDepth = Math.max(maxima.introspectionDepth, figures.introspectionDepth);
  maxima.chain = Math.max(maxima.chain, figures.chain);
}
