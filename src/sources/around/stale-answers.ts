/**
 * The last good answers of a subgraph to the queries it gets, for the time it is out. Off unless gateway.yaml asks.
 *
 * What the service said last counts: where it answered with an error since, there is none.
 *
 * Keyed like sharing, by the body and by what `staleKey` holds, so nobody gets what only another may see.
 * Kept as JSON text, because whoever gets an answer may change it.
 */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../../shared/clock.ts';
import { isGatewayError, isOutage } from '../../shared/errors.ts';
import { parseExactJson } from '../../shared/exact-json.ts';
import type { StaleKey } from './fetch-key.ts';
import type { Subgraph, SubgraphError, SubgraphRequest, SubgraphResponse } from '../source.ts';

export interface StaleAnswersOptions {
  /** Older answers are of no use. */
  readonly maxAgeMs: number;
  /** All answers of the subgraph together, with their queries. */
  readonly bytesMax: number;
}

interface Kept {
  /** JSON of `data`. */
  readonly text: string;
  readonly atMs: number;
}

/** Goes around the subgraph with all its policies, and around what shares its calls. */
export function keepStaleAnswers(
  subgraph: Subgraph,
  options: StaleAnswersOptions,
  { clock, keyOf }: { readonly clock: Clock; readonly keyOf: StaleKey },
): Subgraph {
  const kept = new LRUCache<string, Kept>({
    maxSize: options.bytesMax,
    sizeCalculation: ({ text }, key) => 2 * (text.length + key.length) + 256,
  });

  function keep(key: string, { data, errors = [], status, stale }: SubgraphResponse): void {
    if (status !== undefined || stale) return;
    if (data && errors.length === 0) kept.set(key, { text: JSON.stringify(data), atMs: clock() });
    else if (!errors.some(isOfOutage)) kept.delete(key);
  }

  function recall(key: string, error: unknown): SubgraphResponse {
    const code = isGatewayError(error) ? error.code : undefined;
    if (code === 'SERVICE_ERROR') kept.delete(key);
    const answer = isOutage(code) ? kept.get(key) : undefined;
    if (!answer) throw error;
    const ageMs = Math.round(clock() - answer.atMs);
    if (ageMs <= options.maxAgeMs) {
      return { data: parseExactJson(answer.text, 'digits') as Record<string, unknown>, stale: { ageMs } };
    }
    kept.delete(key);
    throw error;
  }

  async function fetch(request: SubgraphRequest): Promise<SubgraphResponse> {
    if (request.operation.kind !== 'query') return subgraph.fetch(request);
    const key = `${keyOf(request.context)}\n${request.body}`;
    let response: SubgraphResponse;
    try {
      response = await subgraph.fetch(request);
    } catch (error) {
      return recall(key, error);
    }
    keep(key, response);
    return response;
  }

  return { fetch, close: () => subgraph.close() };
}

/** What the service could not do just now; with other errors it says that the answer from before is no longer right. */
function isOfOutage({ extensions }: SubgraphError): boolean {
  const code = extensions?.['code'];
  return isOutage(code) || code === 'INTERNAL_SERVER_ERROR';
}
