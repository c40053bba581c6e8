/** Runs one operation on a subgraph the way the executor does. */

import type { RequestContext } from '../../../src/pipeline/request.ts';
import type { Subgraph, SubgraphResponse } from '../../../src/sources/source.ts';
import { requestContext } from '../../support/context.ts';

export interface Fetch {
  readonly variables?: Record<string, unknown>;
  readonly context?: RequestContext;
}

export function fetchFrom(subgraph: Subgraph | undefined, query: string, fetch: Fetch = {}) {
  if (!subgraph) throw new Error('there is no such subgraph');
  const variablesJson = JSON.stringify(fetch.variables ?? {});
  const kind = query.startsWith('mutation') ? 'mutation' : 'query';
  return subgraph.fetch({
    operation: { service: 'test', kind, name: undefined, query },
    variablesJson,
    body: `{"query":${JSON.stringify(query)},"variables":${variablesJson}}`,
    context: fetch.context ?? requestContext(),
  });
}

/** The `_entities` fetch: representations in, the same number of entities out. */
export async function entitiesFrom(
  subgraph: Subgraph | undefined,
  selection: string,
  representations: readonly Record<string, unknown>[],
  context: RequestContext = requestContext(),
): Promise<{ readonly entities: readonly unknown[]; readonly answer: SubgraphResponse }> {
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`;
  const answer = await fetchFrom(subgraph, query, { variables: { representations }, context });
  const entities = (answer.data as { _entities?: readonly unknown[] } | null | undefined)?._entities ?? [];
  return { entities, answer };
}
