/**
 * Batching: ids asked for one by one while a client's request resolves become one call to the backend.
 *
 * A loader lives as long as its request and is shared by everything that runs for it, so that no request ever sees
 * what was loaded for another.
 */

import DataLoader from 'dataloader';

import type { RequestContext } from '../pipeline/request.ts';

/** What a batch found by key; a key that is missing does not exist, an `Error` is that key's alone. */
export type Found<Value> = ReadonlyMap<string, Value | Error>;

export interface Loader<Key, Value> {
  /** Null when the backend does not know it. */
  load(key: Key): Promise<Value | null>;
  /** Notes a value that came along with another call. */
  prime(key: Key, value: Value): void;
}

export interface LoaderOptions<Key> {
  /** Keys a call; more are split over several. Default 100. */
  readonly maxBatchSize?: number;
  /** The text that identifies a key, also in `Found`. Default: the key itself. */
  readonly keyOf?: (key: Key) => string;
}

type Loaders = Map<string, DataLoader<unknown, unknown, string>>;

/** Under this the loaders of one request are kept in its `locals`. */
const loadersKey = Symbol('loaders');
const maxBatchSizeDefault = 100;

/**
 * The request's loader called `name`, made on first use.
 *
 * @param batch Gets 1 to `maxBatchSize` distinct keys; when it rejects, so does every one of them.
 */
export function loaderOf<Value, Key = string>(
  context: RequestContext,
  name: string,
  batch: (keys: readonly Key[], context: RequestContext) => Promise<Found<Value>>,
  options: LoaderOptions<Key> = {},
): Loader<Key, Value> {
  let loaders = context.locals.get(loadersKey) as Loaders | undefined;
  if (!loaders) {
    loaders = new Map();
    context.locals.set(loadersKey, loaders);
  }
  const known = loaders.get(name) as DataLoader<Key, Value | null, string> | undefined;
  if (known) return known as Loader<Key, Value>;

  const keyOf = options.keyOf ?? String;
  const loader = new DataLoader<Key, Value | null, string>(
    async (keys) => batchByKey(keys, await batch(keys, context), keyOf),
    { maxBatchSize: options.maxBatchSize ?? maxBatchSizeDefault, cacheKeyFn: keyOf },
  );
  loaders.set(name, loader as DataLoader<unknown, unknown, string>);
  return loader as Loader<Key, Value>;
}

/** Brings what was found into the order of the keys; null for what was not. */
export function batchByKey<Key, Value>(
  keys: readonly Key[],
  found: Found<Value>,
  keyOf: (key: Key) => string = String,
): Array<Value | Error | null> {
  return keys.map((key) => found.get(keyOf(key)) ?? null);
}
