/** Batching within one request: what is asked for one by one becomes one call. */

import { describe, expect, it } from 'vitest';

import { type Found, batchByKey, loaderOf } from '../../src/sources/resolvers/loader.ts';
import { requestContext } from '../support/context.ts';

describe('a loader', () => {
  it('asks for everything of one moment at once, each id once', async () => {
    const { load, batches } = given();
    expect(await Promise.all(['a', 'b', 'a', 'c'].map(load))).toEqual(['A', 'B', 'A', 'C']);
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('never asks again within its request, and always in another', async () => {
    const { load, loadFor, batches } = given();
    await load('a');
    await load('a');
    await loadFor(requestContext(), 'a');
    expect(batches).toEqual([['a'], ['a']]);
  });

  it('keeps apart what subgraphs with rules of identity of their own ask in one request', async () => {
    const { loadFor, own, batches } = given();
    const told = { ...own, forwardHeaders: { authorization: 'Bearer t' } };
    await Promise.all([loadFor(own, 'a'), loadFor(told, 'a'), loadFor(told, 'b')]);
    expect(batches).toEqual([['a'], ['a', 'b']]);
  });

  it('splits what is more than a batch may hold', async () => {
    const { load, batches, loaded, own } = given({ batchMax: 2 });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(load));
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(loaded).toEqual([2, 2, 1].map((keys) => [own, { loader: 'letters', keys, calls: 1 }]));
  });

  it('gives null for what does not exist, and an error of one id to that id alone', async () => {
    const { load } = given({
      find: () =>
        new Map<string, string | Error>([
          ['a', 'A'],
          ['b', new Error('b is broken')],
        ]),
    });
    const [a, b, c] = await Promise.allSettled(['a', 'b', 'c'].map(load));
    expect(a).toMatchObject({ value: 'A' });
    expect(b).toMatchObject({ reason: new Error('b is broken') });
    expect(c).toMatchObject({ value: null });
  });

  it('gives the failure of a batch to all who are in it', async () => {
    const { load } = given({
      find: () => {
        throw new Error('down');
      },
    });
    const results = await Promise.allSettled(['a', 'b'].map(load));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('knows what came along with another call', async () => {
    const context = requestContext();
    const loader = loaderOf<string>(context, 'letters', () => Promise.reject(new Error('not needed')));
    loader.prime('a', 'A');
    expect(await loader.load('a')).toBe('A');
  });

  it('may have keys that are more than text', async () => {
    const context = requestContext();
    const keyOf = ({ upc, grams }: { upc: string; grams: number }) => `${upc}/${grams}`;
    const batches: unknown[] = [];
    const loader = loaderOf(
      context,
      'parcels',
      (parcels: readonly { upc: string; grams: number }[]) => {
        batches.push(parcels);
        return Promise.resolve(new Map(parcels.map((parcel) => [keyOf(parcel), parcel.grams * 2])));
      },
      { keyOf },
    );
    const parcels = [
      { upc: 'a', grams: 1 },
      { upc: 'a', grams: 2 },
      { upc: 'a', grams: 1 },
    ];
    expect(await Promise.all(parcels.map((parcel) => loader.load(parcel)))).toEqual([2, 4, 2]);
    expect(batches).toEqual([
      [
        { upc: 'a', grams: 1 },
        { upc: 'a', grams: 2 },
      ],
    ]);
  });
});

it('brings what was found into the order of the keys', () => {
  const broken = new Error('broken');
  const found = new Map<string, string | Error>([
    ['c', 'C'],
    ['a', 'A'],
    ['d', broken],
  ]);
  expect(batchByKey(['a', 'b', 'c', 'd'], found)).toEqual(['A', null, 'C', broken]);
});

interface Given {
  readonly batchMax?: number;
  readonly find?: (ids: readonly string[]) => Found<string>;
}

function given({ batchMax = 100, find = upperCase }: Given = {}) {
  const own = requestContext();
  const batches: Array<readonly string[]> = [];
  const loaded: unknown[] = [];
  const loadFor = (context: typeof own, id: string) =>
    loaderOf<string>(
      context,
      'letters',
      (ids) => {
        batches.push(ids);
        return Promise.resolve().then(() => find(ids));
      },
      { batching: { batchMax, windowMs: 0, loaded: (...told) => loaded.push(told) } },
    ).load(id);
  return { batches, loaded, own, loadFor, load: (id: string) => loadFor(own, id) };
}

function upperCase(ids: readonly string[]): Found<string> {
  return new Map(ids.toReversed().map((id) => [id, id.toUpperCase()]));
}
