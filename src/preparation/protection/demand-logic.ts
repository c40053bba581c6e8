/** Demands taken together and compared. Pure. */

import type { Alternatives, Demand } from '../../pipeline/authorization.ts';

/** @returns null where nothing is demanded. */
export function allOf(demands: ReadonlyArray<Demand | undefined>): Demand | null {
  const present = demands.filter((demand) => demand !== undefined);
  const scopes = distinct(present.flatMap((demand) => demand.scopes));
  const policies = distinct(present.flatMap((demand) => demand.policies));
  const authenticated = present.some((demand) => demand.authenticated);
  if (!authenticated && scopes.length === 0 && policies.length === 0) return null;
  return { authenticated, scopes, policies };
}

/** Whether a demand is no more than those of `members` taken together, which is how composition makes it. */
export function isDerived(demand: Demand, members: readonly Demand[]): boolean {
  const together = allOf(members);
  if (demand.authenticated && !together?.authenticated) return false;
  return (
    isConjunction(demand.scopes, together?.scopes ?? []) &&
    isConjunction(demand.policies, together?.policies ?? [])
  );
}

/** Sorted, each once. */
export function normalized(alternatives: Alternatives): Alternatives {
  const texts = alternatives.map((names) => JSON.stringify([...new Set(names)].sort()));
  return [...new Set(texts)].sort().map((text) => JSON.parse(text) as string[]);
}

/** More are no longer compared: what cannot be compared counts as more. */
const alternativesMax = 256;

function isConjunction(demanded: readonly Alternatives[], parts: readonly Alternatives[]): boolean {
  const one = conjunction(demanded);
  const other = conjunction(parts);
  return one !== undefined && other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

/** All of them as one list of alternatives, without those that another one already contains. */
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
