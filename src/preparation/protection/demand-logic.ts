/** Combines and compares demands. Pure. */

import type { Alternatives, Demand } from '../../pipeline/authorization.ts';

/** @returns null where nothing is demanded. */
export function allOf(demands: ReadonlyArray<Demand | undefined>): Demand | null {
  const demanded = demands.filter((demand) => demand !== undefined);
  const scopes = distinct(demanded.flatMap((demand) => demand.scopes));
  const policies = distinct(demanded.flatMap((demand) => demand.policies));
  const authenticated = demanded.some((demand) => demand.authenticated);
  if (!authenticated && scopes.length === 0 && policies.length === 0) return null;
  return { authenticated, scopes, policies };
}

/**
 * What whoever meets any of the demands meets as well: it never demands more than one of them alone.
 *
 * @returns null where nothing is demanded.
 */
export function anyOf(demands: ReadonlyArray<Demand | null>): Demand | null {
  const all = demands.filter((demand) => demand !== null);
  if (all.length === 0 || all.length < demands.length) return null;
  return allOf([
    {
      authenticated: all.every(provesIdentity),
      scopes: disjunction(all.map(({ scopes }) => scopes)),
      policies: disjunction(all.map(({ policies }) => policies)),
    },
  ]);
}

/** Nobody without a proven identity has scopes. */
function provesIdentity({ authenticated, scopes }: Demand): boolean {
  return authenticated || scopes.some((alternatives) => alternatives.every((names) => names.length > 0));
}

/** Empty where one of them demands nothing, or there are too many alternatives to compare. */
function disjunction(all: ReadonlyArray<readonly Alternatives[]>): readonly Alternatives[] {
  const conjunctions = all.map((alternatives) =>
    alternatives.length === 0 ? undefined : conjunction(alternatives),
  );
  return conjunctions.every((one) => one !== undefined) ? [normalized(conjunctions.flat())] : [];
}

/** Whether a demand is just the combination of those of `members`, as composition derives it. */
export function isDerived(demand: Demand, members: readonly Demand[]): boolean {
  const combined = allOf(members);
  if (demand.authenticated && !combined?.authenticated) return false;
  return (
    isConjunction(demand.scopes, combined?.scopes ?? []) &&
    isConjunction(demand.policies, combined?.policies ?? [])
  );
}

/** Sorted, without duplicates. */
export function normalized(alternatives: Alternatives): Alternatives {
  const texts = alternatives.map((names) => JSON.stringify([...new Set(names)].sort()));
  return [...new Set(texts)].sort().map((text) => JSON.parse(text) as string[]);
}

/** Beyond this number demands are not compared, and count as not derived. */
const alternativesMax = 256;

function isConjunction(
  demanded: readonly Alternatives[],
  memberAlternatives: readonly Alternatives[],
): boolean {
  const one = conjunction(demanded);
  const other = conjunction(memberAlternatives);
  return one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

/** All as one list of alternatives (disjunctive normal form), without redundant ones. */
function conjunction(all: readonly Alternatives[]): Alternatives | undefined {
  let product: Alternatives = [[]];
  for (const alternatives of all) {
    product = normalized(product.flatMap((one) => alternatives.map((other) => [...one, ...other])));
    if (product.length > alternativesMax) return undefined;
  }
  return product.filter((one) => !product.some((other) => other !== one && isSubset(other, one)));
}

function isSubset(one: readonly string[], other: readonly string[]): boolean {
  return one.every((name) => other.includes(name));
}

function distinct(all: readonly Alternatives[]): Alternatives[] {
  return [...new Map(all.map((alternatives) => [JSON.stringify(alternatives), alternatives])).values()];
}
