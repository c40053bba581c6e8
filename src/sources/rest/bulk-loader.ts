/**
 * Loaders over a REST service's bulk endpoints: `/users?ids=u1,u2`, or a POST with the ids in its body. The resolver
 * asks for one id; what it takes to ask for all of them at once is here.
 */

import type { RequestContext } from '../../pipeline/request.ts';
import { wordsOfError } from '../http/error-messages.ts';
import { badInput, badResponse, refused } from '../failures.ts';
import { type Loader, loadersOf, mapIn, newLoader } from '../resolvers/loader.ts';
import { RecordReader, recordsOf } from '../resolvers/record-reader.ts';
import { isRecord } from '../../shared/records.ts';
import { isSendable, type ListStyle } from './path.ts';
import type { BulkEndpoint, BulkOptions, RestCall, RestSource } from './rest-client.ts';

/** The request's loader over `endpoint`, made on first use. */
export function bulkLoaderOf<Value>(bulk: Bulk<Value>): Loader<string, Value> {
  const { source, endpoint, context, options } = bulk;
  const loaders = mapIn(mapIn(loadersOf(context), source), endpoint);
  const key = options.call ? callKey(options.call) : '';
  const known = loaders.get(key);
  if (known) return known as Loader<string, Value>;
  const { batching } = source;
  const loader = newLoader(
    async (ids: readonly string[]) => {
      const found = new Map<string, Value | Error>();
      const chunks = chunksOf(bulk, ids, found);
      batching.loaded(context, { loader: endpoint.name, keys: ids.length, calls: chunks.length });
      await Promise.all(chunks.map((chunk) => loadChunk(bulk, chunk, found)));
      return found;
    },
    // Cut into calls here, where the length of an address counts too.
    { batchMax: Infinity, windowMs: batching.windowMs },
  );
  loaders.set(key, loader);
  return loader;
}

interface Bulk<Value> {
  readonly source: RestSource;
  readonly endpoint: BulkEndpoint<Value>;
  readonly context: RequestContext;
  readonly options: BulkOptions<Value>;
}

type Results<Value> = Map<string, Value | Error>;

/** Of encoded ids in one address: a half of what `restPath` allows. */
const idCharsMax = 4096;

/** Ids that cannot be sent in a list get their error at once: they must not spoil it for the others. */
function chunksOf<Value>(
  { source, endpoint }: Bulk<Value>,
  ids: readonly string[],
  found: Results<Value>,
): string[][] {
  const { batchMax } = source.batching;
  const { ids: place, lists = 'comma', askable } = endpoint;
  const chunks: string[][] = [];
  let chars = Infinity;
  for (const id of ids) {
    if (askable?.(id) === false) continue;
    if ('query' in place && !fitsList(id, lists)) {
      found.set(
        id,
        badInput(source.name, `an id given for "${place.query}" cannot be sent to ${source.name}`),
      );
      continue;
    }
    const length = 'query' in place ? encodeURIComponent(id).length + separatorChars(place.query, lists) : 0;
    const last = chunks.at(-1);
    if (last && last.length < batchMax && chars + length <= idCharsMax) {
      last.push(id);
      chars += length;
    } else {
      chunks.push([id]);
      chars = length;
    }
  }
  return chunks;
}

function fitsList(id: string, lists: ListStyle): boolean {
  return id !== '' && isSendable(id) && (lists === 'repeat' || !id.includes(','));
}

function separatorChars(name: string, lists: ListStyle): number {
  return lists === 'repeat' ? encodeURIComponent(name).length + 2 : 1;
}

/** Never rejects: a call that failed is the error of its ids. */
async function loadChunk<Value>(
  bulk: Bulk<Value>,
  ids: readonly string[],
  found: Results<Value>,
): Promise<void> {
  const { source, endpoint, context, options } = bulk;
  const { call = {} } = options;
  const { path, ids: place, lists = 'comma' } = endpoint;
  try {
    const answer = await ('query' in place
      ? source.get(path, { ...call, lists, query: { ...call.query, [place.query]: ids } }, context)
      : source.search(path, { ...call, body: { [place.body]: ids } }, context));
    const asked = new Set(ids);
    for (const [id, record] of entriesOf(bulk, answer)) {
      if (asked.has(id)) found.set(id, valueOf(bulk, record));
    }
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    for (const id of ids) found.set(id, failure);
  }
}

function* entriesOf<Value>(
  { source: { name }, endpoint }: Bulk<Value>,
  answer: unknown,
): Generator<readonly [string, RecordReader]> {
  // 404: it has none of them.
  if (answer === null) return;
  const { select, idField = 'id' } = endpoint;
  const steps = select?.split('.') ?? [];
  const records = steps.reduce<unknown>((inner, step) => new RecordReader(name, inner).value(step), answer);
  if (Array.isArray(records)) {
    // A null in a list says by its place what is missing by its absence too.
    const present = records.filter((record) => record !== null);
    for (const record of recordsOf(name, present)) yield [record.id(idField), record];
  } else if (isRecord(records)) {
    for (const [id, record] of Object.entries(records)) {
      if (record !== null) yield [id, new RecordReader(name, record)];
    }
  } else {
    throw badResponse(name, new TypeError('expected a list or an object by id'));
  }
}

function valueOf<Value>({ source, endpoint, options }: Bulk<Value>, record: RecordReader): Value | Error {
  const said = record.value(endpoint.errorField ?? 'error');
  if (said !== null && said !== undefined) return refused(source.name, wordsOfError(said));
  try {
    const value = endpoint.read(record);
    options.found?.(value);
    return value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Equal for equal values, in whatever order they are written. */
function callKey({ params = {}, query = {}, headers = {}, lists }: RestCall): string {
  const parts = [params, query, headers].map((values) => Object.entries(values).toSorted(byName));
  return JSON.stringify([...parts, lists]);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
