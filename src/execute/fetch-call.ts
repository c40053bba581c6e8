/** One subgraph call of a fetch, and the positions that it is for. Slow path: for errors and fallbacks only. */

import type { CompiledFetch } from './fetch.ts';
import type { Data } from './merge.ts';
import { positionsAt, type Position } from './positions.ts';
import type { Run } from './run.ts';

export interface FetchCall {
  readonly run: Run;
  readonly fetch: CompiledFetch;
  /** The objects of the call, as a fetch may be sent in several calls; absent: all objects of the fetch. */
  readonly objects?: ReadonlySet<Data>;
}

export function positionsOf({ run, fetch, objects }: FetchCall): Position[] {
  const positions = positionsAt(run.data, fetch.path);
  return objects ? positions.filter(({ object }) => objects.has(object)) : positions;
}
