/**
 * Adds up what definitions ask for once the fragments they spread are expanded, without expanding any.
 *
 * Each definition is finished once, each spread added once: linear in the outline, however much the fragments multiply.
 * Counts saturate instead of growing past what a number holds. No recursion: a chain of fragments may be long.
 */

import type { Definition, Figures, Spread } from './outline.ts';

/** Stands for itself and everything above. */
export const saturatedAt = 1_000_000_000;

export type Expansion =
  /** Per figure the most that one definition asks for; of root fields and depths, that one operation does. */
  | { readonly is: 'finite'; readonly figures: Figures; readonly steps: number }
  /** Spreads of fragments in one another in this order; what the last one spreads has the first one in it. */
  | { readonly is: 'cyclic'; readonly spreads: readonly Spread[]; readonly steps: number };

/** Changes the figures of `definitions` from their own ones to the expanded ones. */
export function expand(definitions: readonly Definition[]): Expansion {
  const most = {
    selections: 0,
    aliases: 0,
    directives: 0,
    rootFields: 0,
    depth: 0,
    introspectionDepth: 0,
    chain: 0,
  };
  const expander = definitions.some(({ spreads }) => spreads.length > 0) && new Expander(definitions);
  if (expander) {
    // Fragments first, as graphql-js looks for cycles: it names the one in which one begins.
    for (const definition of [...definitions].sort(fragmentsFirst)) {
      const spreads = expander.finish(definition);
      if (spreads) return { is: 'cyclic', spreads, steps: expander.steps };
    }
  }
  for (const definition of definitions) keepMost(most, definition);
  return { is: 'finite', figures: most, steps: expander ? expander.steps : 0 };
}

class Expander {
  /** Spreads looked at, definitions finished. */
  steps = 0;
  readonly #fragments = new Map<string, Definition>();
  /** How many of its spreads are added; one more than there are once it is finished. */
  readonly #added = new Map<Definition, number>();
  /** Each definition waits for the next one, which it spreads. */
  readonly #waiting: Definition[] = [];

  constructor(definitions: readonly Definition[]) {
    for (const definition of definitions) {
      // Of several of one name graphql-js refuses all; each is measured here in its own right.
      if (definition.name !== null) this.#fragments.set(definition.name, definition);
    }
  }

  /** @returns A cycle where there is one. */
  finish(first: Definition): Spread[] | undefined {
    if (!this.#added.has(first)) this.#begin(first);
    for (let top = this.#waiting.at(-1); top; top = this.#waiting.at(-1)) {
      this.steps += 1;
      const added = this.#added.get(top) ?? 0;
      const spread = top.spreads[added];
      const target = spread && this.#fragments.get(spread.name);
      if (target && !this.#isFinished(target)) {
        if (this.#added.has(target)) return this.#cycle(target);
        this.#begin(target);
        continue;
      }
      if (spread && target) add(top.figures, spread, target.figures);
      if (!spread) this.#waiting.pop();
      this.#added.set(top, added + 1);
    }
    return undefined;
  }

  #begin(definition: Definition): void {
    this.#added.set(definition, 0);
    this.#waiting.push(definition);
  }

  #isFinished(definition: Definition): boolean {
    return (this.#added.get(definition) ?? -1) > definition.spreads.length;
  }

  #cycle(back: Definition): Spread[] {
    return this.#waiting
      .slice(this.#waiting.indexOf(back))
      .flatMap((definition) => definition.spreads[this.#added.get(definition) ?? 0] ?? []);
  }
}

function fragmentsFirst(a: Definition, b: Definition): number {
  return Number(b.isFragment) - Number(a.isFragment);
}

function add(into: Figures, { fieldsAbove, introspectionAbove }: Spread, fragment: Figures): void {
  into.selections = saturate(into.selections + fragment.selections);
  into.aliases = saturate(into.aliases + fragment.aliases);
  into.directives = saturate(into.directives + fragment.directives);
  if (fieldsAbove === 0) into.rootFields = saturate(into.rootFields + fragment.rootFields);
  into.chain = Math.max(into.chain, fieldsAbove + fragment.chain);
  if (introspectionAbove > 0) {
    into.introspectionDepth = Math.max(into.introspectionDepth, introspectionAbove + fragment.chain);
  } else {
    into.depth = Math.max(into.depth, fieldsAbove + fragment.depth);
    into.introspectionDepth = Math.max(into.introspectionDepth, fragment.introspectionDepth);
  }
}

function saturate(count: number): number {
  return Math.min(count, saturatedAt);
}

/**
 * A fragment that nothing spreads counts as well: graphql-js refuses it, but only after work of its own. How deep a
 * fragment is matters only where it is spread: one on `__Type` is deep, and harmless below `__schema`.
 */
function keepMost(most: Figures, { isFragment, figures }: Definition): void {
  most.selections = Math.max(most.selections, figures.selections);
  most.aliases = Math.max(most.aliases, figures.aliases);
  most.directives = Math.max(most.directives, figures.directives);
  if (isFragment) return;
  most.rootFields = Math.max(most.rootFields, figures.rootFields);
  most.depth = Math.max(most.depth, figures.depth);
  most.introspectionDepth = Math.max(most.introspectionDepth, figures.introspectionDepth);
  most.chain = Math.max(most.chain, figures.chain);
}
