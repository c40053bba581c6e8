/**
 * Marks the fetches of entities that a plan has several times, at different paths. An entity is fetched once for all of
 * them, and what later steps add to it at one path must not get to another.
 */

import { fetchKey } from '../pipeline/fetch-key.ts';
import type { FetchNode, PlanNode } from '../pipeline/prepared.ts';
import { mapFetches } from './planner-fixes/map-fetches.ts';

export function withRepeatedFetches(plan: PlanNode): PlanNode {
  const counts = new Map<string, number>();
  mapEveryFetch(plan, (fetch) => {
    for (const one of [fetch, ...fetch.partialFetches])
      counts.set(fetchKey(one), (counts.get(fetchKey(one)) ?? 0) + 1);
    return fetch;
  });
  const marked = (fetch: FetchNode): FetchNode => ({
    ...fetch,
    partialFetches: fetch.partialFetches.map(marked),
    ...(fetch.requires && (counts.get(fetchKey(fetch)) ?? 0) > 1 ? { repeated: true } : {}),
  });
  return [...counts.values()].some((count) => count > 1) ? mapEveryFetch(plan, marked) : plan;
}

/** A split is at the root of a plan. */
function mapEveryFetch(plan: PlanNode, change: (fetch: FetchNode) => FetchNode): PlanNode {
  if (plan.kind !== 'split') return mapFetches(plan, change);
  return {
    ...plan,
    main: plan.main && mapFetches(plan.main, change),
    others: plan.others.map((other) => ({ ...other, node: mapFetches(other.node, change) })),
  };
}
