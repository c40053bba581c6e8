import { describe, expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import type { SubgraphResponse } from '../sources/source.ts';
import { EntityLoader, type EntityConsumer, type SendEntities } from './entity-loader.ts';
import type { Data } from './merge.ts';

describe('an entity loader', () => {
  it('sends what several fetches need in one tick as one call, each entity once', async () => {
    const { loader, calls, send } = given();
    const [one, other] = [consumer('1', '2'), consumer('2', '3')];
    await Promise.all([loader.load('k', one, send), loader.load('k', other, send)]);
    expect(calls).toEqual(['[1,2,3]']);
    expect(one.taken).toEqual({ 1: { n: 1 }, 2: { n: 2 } });
    expect(other.taken).toEqual({ 2: { n: 2 }, 3: { n: 3 } });
  });

  it('fetches no entity again, only those that are new', async () => {
    const { loader, calls, send } = given();
    await loader.load('k', consumer('1'), send);
    const later = consumer('1', '2');
    await loader.load('k', later, send);
    expect(calls).toEqual(['[1]', '[2]']);
    expect(later.taken).toEqual({ 1: { n: 1 }, 2: { n: 2 } });
  });

  it('joins a call that is in flight', async () => {
    const { loader, calls, send } = given();
    const first = loader.load('k', consumer('1'), send);
    await Promise.resolve();
    expect(calls).toEqual(['[1]']);
    const joined = consumer('1');
    await Promise.all([first, loader.load('k', joined, send)]);
    expect(calls).toEqual(['[1]']);
    expect(joined.taken).toEqual({ 1: { n: 1 } });
  });

  it('keeps calls with different keys apart', async () => {
    const { loader, calls, send } = given();
    await Promise.all([loader.load('k', consumer('1'), send), loader.load('l', consumer('1'), send)]);
    expect(calls).toEqual(['[1]', '[1]']);
  });

  it('fetches again what a mutation may have changed', async () => {
    const { loader, calls, send } = given();
    await loader.load('k', consumer('1'), send);
    loader.clear();
    await loader.load('k', consumer('1'), send);
    expect(calls).toEqual(['[1]', '[1]']);
  });

  it('calls nobody for a fetch without entities', async () => {
    const { loader, calls, send } = given();
    await loader.load('k', consumer(), send);
    expect(calls).toEqual([]);
  });

  it('gives every fetch but the first a copy', async () => {
    const entity = { inner: { n: 1 } };
    const { loader, send } = given(() => ({ data: { _entities: [entity] } }));
    const consumers = [consumer('1'), consumer('1'), consumer('1')];
    await Promise.all(consumers.map((each) => loader.load('k', each, send)));
    const [first, second, third] = consumers.map(({ taken }) => taken['1']);
    expect(first).toBe(entity);
    expect(second).not.toBe(entity);
    expect(second!['inner']).not.toBe(entity.inner);
    expect(third).not.toBe(second);
    expect([second, third]).toEqual([entity, entity]);
  });

  it('gives a fetch that comes later nothing of what was merged into the entity of one before', async () => {
    const { loader, send } = given(() => ({ data: { _entities: [{ inner: { n: 1 } }] } }));
    const [first, later] = [
      { ...consumer('1'), isRepeated: true },
      { ...consumer('1'), isRepeated: true },
    ];
    await loader.load('k', first, send);
    Object.assign(first.taken['1']!['inner'] as Data, { added: 2 });
    await loader.load('k', later, send);
    expect(later.taken['1']).toEqual({ inner: { n: 1 } });
  });

  it('gives even the first a copy of an answer that other requests share', async () => {
    const entity = { n: 1 };
    const { loader, send } = given(() => ({ data: { _entities: [entity] }, shared: true }));
    const first = consumer('1');
    await loader.load('k', first, send);
    expect(first.taken['1']).toEqual(entity);
    expect(first.taken['1']).not.toBe(entity);
  });
});

describe('an answer', () => {
  it('with null says that there is no such entity', async () => {
    const { events } = await answered({ data: { _entities: [null, { n: 2 }] } });
    expect(events).toEqual(['miss 1', 'take 2']);
  });

  it.each([[[]], ['text'], [7], [undefined]])(
    'with %j for an entity fails for that entity alone',
    async (wrong) => {
      const { events, failures } = await answered({ data: { _entities: [wrong, { n: 2 }] } });
      expect(events).toEqual(['take 2', 'fail 1']);
      expect(failures).toMatchObject([{ code: 'SERVICE_BAD_RESPONSE' }]);
    },
  );

  it.each<[string, SubgraphResponse, string]>([
    ['too few entities', { data: { _entities: [{ n: 1 }] } }, '1'],
    ['too many entities', { data: { _entities: [{ n: 1 }, { n: 2 }, { n: 3 }] } }, '3'],
    ['no list', { data: { _entities: { length: 2 } } }, 'no list'],
    ['no data', { data: null }, 'no list'],
    ['nothing', {}, 'no list'],
    ['an empty list of errors', { data: null, errors: [] }, 'no list'],
  ])('with %s fails for all', async (_title, response, got) => {
    const { events, failures } = await answered(response);
    expect(events).toEqual(['fail 1,2']);
    expect(failures).toMatchObject([
      { code: 'SERVICE_BAD_RESPONSE', message: `Expected 2 entities from this service, got ${got}` },
    ]);
  });

  it('without data but with errors fails by its errors', async () => {
    const { events, failures } = await answered({ data: null, errors: [{ message: 'no' }] });
    expect(events).toEqual(['fail 1,2', 'report no for all at ']);
    expect(failures).toEqual([undefined]);
  });

  it('fails for all where the call failed', async () => {
    const error = new GatewayError('SERVICE_UNAVAILABLE', 'down');
    const { events, failures } = await answered(Promise.reject(error));
    expect(events).toEqual(['fail 1,2']);
    expect(failures).toEqual([error]);
  });

  it('says how old it is', async () => {
    const { events } = await answered({ data: { _entities: [{}, null] }, stale: { ageMs: 5 } });
    expect(events).toEqual(['take 1', 'miss 2', 'stale 5']);
  });

  it.each([
    [['_entities', 0, 'price', 'amount'], 'report e for 1 at price.amount'],
    [['_entities', 1], 'report e for 2 at '],
    [['_entities', 7, 'price'], 'report e for all at '],
    [['_entities', '0', 'price'], 'report e for all at '],
    [['_entities'], 'report e for all at '],
    [['other', 0, 'price'], 'report e for all at '],
    [[], 'report e for all at '],
    [undefined, 'report e for all at '],
  ])('with an error at %j: %s', async (path, event) => {
    const errors = [path ? { message: 'e', path } : { message: 'e' }];
    const { events } = await answered({ data: { _entities: [{}, {}] }, errors });
    expect(events).toEqual(['take 1', 'take 2', event]);
  });

  it('tells no fetch of errors in entities that only others need', async () => {
    const errors = [{ message: 'e', path: ['_entities', 1, 'price'] }];
    const { loader, send } = given(() => ({ data: { _entities: [{}, {}] }, errors }));
    const [one, other] = [consumer('1'), consumer('2')];
    await Promise.all([loader.load('k', one, send), loader.load('k', other, send)]);
    expect(one.events).toEqual(['take 1']);
    expect(other.events).toEqual(['take 2', 'report e for 2 at price']);
  });
});

async function answered(response: SubgraphResponse | Promise<SubgraphResponse>) {
  const asking = consumer('1', '2');
  await new EntityLoader().load('k', asking, () => Promise.resolve(response));
  return asking;
}

/** A loader, and a service whose entity `5` is `{ n: 5 }`. */
function given(answer?: () => SubgraphResponse) {
  const calls: string[] = [];
  const send: SendEntities = (representations) => {
    calls.push(representations);
    const numbers = JSON.parse(representations) as number[];
    return Promise.resolve(answer?.() ?? { data: { _entities: numbers.map((n) => ({ n })) } });
  };
  return { loader: new EntityLoader(), calls, send };
}

/** A fetch of the entities `texts` that writes down what it is told. */
function consumer(...texts: string[]) {
  const taken: Record<string, Data> = {};
  const events: string[] = [];
  const failures: unknown[] = [];
  const textOf = (index: number | undefined): string => (index === undefined ? 'all' : (texts[index] ?? ''));
  const told: EntityConsumer = {
    isRepeated: false,
    entities: { texts, targets: texts.map((text): Data => ({ text })) },
    take(index, entity) {
      taken[textOf(index)] = entity;
      events.push(`take ${textOf(index)}`);
    },
    miss: (index) => void events.push(`miss ${textOf(index)}`),
    report(errors) {
      for (const { error, index, path } of errors)
        events.push(`report ${error.message} for ${textOf(index)} at ${path.join('.')}`);
    },
    markStale: (ageMs) => void events.push(`stale ${ageMs}`),
    fail(error, failed) {
      failures.push(error);
      events.push(`fail ${failed.map(textOf).join(',')}`);
    },
  };
  return { ...told, taken, events, failures };
}
