/**
 * Batching: ids asked for one by one while a client's request resolves become one call to the backend.
 *
 * A loader lives as long as its request and is shared by everything that runs for it, so that no request ever sees
 * what was loaded for another. A field of a mutation ends it: what it has loaded may have changed.
 */

import DataLoader from 'dataloader';

import type { RequestContext } from '../../pipeline/request.ts';
import type { LoadedBatch, Service } from '../../resilience/service.ts';
import { loadedValues } from '../../shared/loaded-values.ts';

/** What a batch found by key; a key that is missing does not exist, an `Error` is that key's alone. */
export type Found<Value> = ReadonlyMap<string, Value | Error>;

export interface Loader<Key, Value> {
  /** Null when the backend does not know it. */
  load(key: Key): Promise<Value | null>;
  /** Notes a value that came along with another call. */
  prime(key: Key, value: Value): void;
}

/** How calls to one service are batched (`policies.*.batching`), and where it is said what came of it. */
export interface Batching {
  readonly batchMax: number;
  readonly windowMs: number;
  loaded(context: RequestContext, batch: LoadedBatch): void;
}

export interface LoaderOptions<Key> {
  /** Of the source that the batches are asked of. Default: 100 keys a call, no window, nothing is told. */
  readonly batching?: Batching;
  /** The text that identifies a key, also in `Found`. Default: the key itself. */
  readonly keyOf?: (key: Key) => string;
}

type Loaders = Map<string, Loader<unknown, unknown>>;

/** Under this the loaders of one request are kept. */
const loadersKey = Symbol('loaders');
const unbatched: Batching = { batchMax: 100, windowMs: 0, loaded: () => undefined };

/**
 * The request's loader called `name`, made on first use.
 *
 * @param batch Gets 1 to `batchMax` distinct keys; when it rejects, so does every one of them.
 */
// oxlint-disable-next-line max-params -- modules of users call it so; most leave out the options
export function loaderOf<Value, Key = string>(
  context: RequestContext,
  name: string,
  batch: (keys: readonly Key[], context: RequestContext) => Promise<Found<Value>>,
  options: LoaderOptions<Key> = {},
): Loader<Key, Value> {
  const loaders = mapIn(loadersOf(context), loadersKey) as Loaders;
  const known = loaders.get(name);
  if (known) return known as Loader<Key, Value>;

  const { batching = unbatched, keyOf = String } = options;
  const ask = (keys: readonly Key[]): Promise<Found<Value>> => {
    batching.loaded(context, { loader: name, keys: keys.length, calls: 1 });
    return batch(keys, context);
  };
  const loader = newLoader(ask, batching, keyOf);
  loaders.set(name, loader as Loader<unknown, unknown>);
  return loader;
}

/**
 * The loaders of all that may be told the same of who asks, by owner: subgraphs with rules of identity of their own have
 * theirs.
 */
export function loadersOf({ locals, forwardHeaders }: RequestContext): Map<unknown, unknown> {
  return mapIn(loadedValues(locals), forwardHeaders);
}

/** Whoever they were told of. To be called before a change and after it: what its answer brings comes later. */
export function forgetLoadersOf(owner: unknown, { locals }: RequestContext): void {
  for (const loaders of loadedValues(locals).values()) (loaders as Map<unknown, unknown>).delete(owner);
}

export function mapIn(map: Map<unknown, unknown>, key: unknown): Map<unknown, unknown> {
  let inner = map.get(key) as Map<unknown, unknown> | undefined;
  if (!inner) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}

/** @param batch Gets the keys of one window, each once, at most `batchMax`. */
export function newLoader<Key, Value>(
  batch: (keys: readonly Key[]) => Promise<Found<Value>>,
  { batchMax, windowMs }: Pick<Batching, 'batchMax' | 'windowMs'>,
  keyOf: (key: Key) => string = String,
): Loader<Key, Value> {
  return new DataLoader<Key, Value | null, string>(
    async (keys) => batchByKey(keys, await batch(keys), keyOf),
    {
      maxBatchSize: batchMax,
      cacheKeyFn: keyOf,
      ...(windowMs > 0 ? { batchScheduleFn: (dispatch) => void setTimeout(dispatch, windowMs) } : {}),
    },
  );
}

export function batchingOf(service: Service): Batching {
  return {
    ...service.options.batching,
    loaded: (context, batch) => service.batchLoaded(context, batch),
  };
}

/** Brings what was found into the order of the keys; null for what was not. */
export function batchByKey<Key, Value>(
  keys: readonly Key[],
  found: Found<Value>,
  keyOf: (key: Key) => string = String,
): Array<Value | Error | null> {
  return keys.map((key) => found.get(keyOf(key)) ?? null);
}
