/** Fetches that share a call: what each of them gets when the call, or one of them, fails. */
import { describe, expect, it } from 'vitest';

import { GatewayError } from '../../src/shared/errors.ts';
import type { Subgraph } from '../../src/sources/source.ts';
import { fixture } from './fixtures/many-places.ts';
import { openEngine, type EngineOptions } from './ours/engine.ts';

/** At `shop`, three fetches: of the author, the editor and the goods. */
const query = '{ page(id: "a") { author { spent } editor { wishes { title } } about { title } } }';
const answer = {
  author: { spent: 2 },
  editor: { wishes: [{ title: 'Desk' }] },
  about: { title: 'Lamp' },
};

it('makes one call of what can be asked at the same time', async () => {
  const engine = openEngine(fixture);
  expect(await engine.run({ query })).toEqual({ data: { page: answer }, errors: [] });
  expect(engine.calls.map(({ service }) => service)).toEqual(['pages', 'shop']);
  const apart = openEngine(fixture, { joined: false });
  await apart.run({ query });
  expect(apart.calls.map(({ service }) => service)).toEqual(['pages', 'shop', 'shop', 'shop']);
});

it('leaves out what a condition excludes, and what there is no object for', async () => {
  const engine = openEngine(fixture);
  const conditional = `query ($with: Boolean!) {
    page(id: "b") { author { spent } editor { wishes { title } } about @include(if: $with) { title } }
  }`;
  await engine.run({ query: conditional, variables: { with: false } });
  expect(engine.calls.map(({ query: text }) => aliasesIn(text))).toEqual([0, 0]);
  engine.clear();
  await engine.run({ query: conditional, variables: { with: true } });
  expect(engine.calls.map(({ query: text }) => aliasesIn(text))).toEqual([0, 2]);
});

it('sends nothing later because of a call that is still under way', async () => {
  const held = Promise.withResolvers<undefined>();
  const { engine } = broken('people', async (fetch) => {
    await held.promise;
    return fetch();
  });
  const chains =
    '{ page(id: "a") { author { lead { wishes { title } } } editor { spent } about { title } } }';
  const done = engine.run({ query: chains });
  let isDone = false;
  void done.finally(() => (isDone = true));
  while (engine.calls.length < 2 && !isDone) await turn();
  // What waits for `people` comes in a call of its own.
  expect(engine.calls.map(({ service, query: text }) => [service, aliasesIn(text)])).toEqual([
    ['pages', 0],
    ['shop', 2],
  ]);
  held.resolve(undefined);
  expect((await done).errors).toEqual([]);
  expect(engine.calls.map(({ service }) => service)).toEqual(['pages', 'shop', 'people', 'shop']);
});

describe('a joined call', () => {
  it('that fails is an error at the paths of each of its fetches', async () => {
    const { engine } = broken('shop', () => Promise.reject(new GatewayError('SERVICE_TIMEOUT', 'too slow')));
    const { data, errors } = await engine.run({ query });
    expect(data).toEqual({ page: { author: { spent: null }, editor: null, about: { title: null } } });
    expect(errors.map(({ path, extensions }) => [path, extensions?.['code']])).toEqual([
      [['page', 'author', 'spent'], 'SERVICE_TIMEOUT'],
      [['page', 'editor', 'wishes'], 'SERVICE_TIMEOUT'],
      [['page', 'about', 'title'], 'SERVICE_TIMEOUT'],
    ]);
    expect(engine.calls.map(({ service }) => service)).toEqual(['pages']);
  });

  it('has the declared values of each of its fetches while the service is out', async () => {
    const { engine, fallbacks } = broken(
      'shop',
      () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE', 'down')),
      { 'Person.spent': 0, 'Person.wishes': [] },
    );
    const { data, errors } = await engine.run({ query });
    expect(data).toEqual({ page: { author: { spent: 0 }, editor: { wishes: [] }, about: { title: null } } });
    expect(errors.map(({ path }) => path)).toEqual([['page', 'about', 'title']]);
    expect(fallbacks()).toEqual([
      ['page', 'author', 'spent'],
      ['page', 'editor', 'wishes'],
    ]);
  });

  it('loses only the fetch that took the data of the others with it', async () => {
    const { engine } = broken('shop', async (fetch, text) => {
      if (aliasesIn(text) === 0) return fetch();
      return { data: null, errors: [{ message: 'no such kind', path: ['_1'] }] };
    });
    const { data, errors } = await engine.run({ query });
    const failed = engine.calls.length;
    expect({ data, paths: errors.map(({ path }) => path) }).toEqual({
      data: { page: { ...answer, editor: null } },
      paths: [['page', 'editor', 'wishes']],
    });
    expect(failed).toBe(3);
  });

  it('reports an error within one of its fetches there alone', async () => {
    const engine = openEngine(fixture);
    const { data, errors } = await engine.run({
      query: '{ page(id: "a") { author { badge } editor { badge(size: 2) } about { maker { id } } } }',
    });
    expect(data).toEqual({
      page: { author: { badge: 'p1/1' }, editor: { badge: null }, about: { maker: { id: 'p1' } } },
    });
    expect(errors.map(({ path }) => path)).toEqual([['page', 'editor', 'badge']]);
    expect(engine.calls.map(({ query: text }) => aliasesIn(text))).toEqual([0, 3]);
  });
});

type Behave = (fetch: () => ReturnType<Subgraph['fetch']>, text: string) => ReturnType<Subgraph['fetch']>;

/** The engine with one service that behaves otherwise, and the paths of the values that stand in for it. */
function broken(name: string, behave: Behave, fallbacks?: Subgraph['fallbacks']) {
  let marked: unknown[] = [];
  const options: EngineOptions = {
    around: (service, subgraph) =>
      service === name
        ? {
            ...subgraph,
            fetch: (request) => behave(() => subgraph.fetch(request), request.operation.query),
            ...(fallbacks ? { fallbacks } : {}),
          }
        : subgraph,
    onAnswer: ({ extensions }) => {
      marked = (extensions?.fallbacks ?? []).map(({ path }) => path);
    },
  };
  return { engine: openEngine(fixture, options), fallbacks: () => marked };
}

function aliasesIn(text: string): number {
  return [...text.matchAll(/_\d+:_entities/g)].length;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
