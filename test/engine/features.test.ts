/** Features beyond plain federation: labels of @override, and directives that nothing here enforces. */
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { overrideLabels } from '../../src/plan/labels.ts';
import { labelsIn } from '../../src/preparation/supergraph/labels.ts';
import { Planner, type PlannerOptions } from '../../src/plan/planner.ts';
import type { SupergraphSource } from '../../src/preparation/worker-protocol.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { requestContext } from '../support/context.ts';
import { fixture as contexts } from './fixtures/contexts.ts';
import type { Fixture } from './fixtures/fixture.ts';
import {
  interfaceOperations,
  labelMonolith,
  labelNames,
  labelOperations,
  labelSubgraphs,
} from './fixtures/labels.ts';
import { fixture as mutations } from './fixtures/mutations.ts';
import { composeFixture } from './oracle/compose.ts';
import { openMonolith } from './oracle/monolith.ts';
import { openStock } from './oracle/stock.ts';
import { openEngine } from './ours/engine.ts';

const labelFixture = (active: ReadonlySet<string>): Fixture => ({
  name: 'labels',
  about: '@override with a custom label and with a percentage',
  subgraphs: labelSubgraphs,
  monolith: labelMonolith(active),
  operations: [],
});

describe('labels of @override', () => {
  const combinations = labelNames.reduce<string[][]>(
    (sets, label) => sets.flatMap((set) => [set, [...set, label]]),
    [[]],
  );

  it.each(combinations.map((labels) => ({ labels, name: labels.join(' and ') || 'no label' })))(
    'answers as one schema does while $name holds',
    async ({ labels }) => {
      const fixture = labelFixture(new Set(labels));
      const monolith = openMonolith(fixture);
      const engine = openEngine(fixture, { labels });
      for (const query of [...labelOperations, ...interfaceOperations]) {
        const [expected, actual] = [await monolith.run({ query }), await engine.run({ query })];
        expect(JSON.stringify(actual), query).toBe(JSON.stringify(expected));
      }
    },
  );

  it('answers as the stock gateway does while none holds', async () => {
    const fixture = labelFixture(new Set());
    const [stock, engine] = [await openStock(fixture), openEngine(fixture)];
    for (const query of labelOperations) {
      expect((await engine.run({ query })).data, query).toEqual((await stock.run({ query })).data);
    }
    await stock.close();
  });

  it('are read from the supergraph', () => {
    expect(labelsIn(parse(composeFixture(labelFixture(new Set()))))).toEqual(labelNames);
  });
});

describe('which labels hold', () => {
  const requests = Array.from({ length: 10_000 }, (_, i) => requestContext({ requestId: `request-${i}` }));
  const active = (label: string, settings = {}) =>
    requests.map((request) => overrideLabels([label], settings)?.activeFor(request).length ?? 0);
  const share = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0) / counts.length;

  it('is about the percentage of requests that the label says', () => {
    for (const percent of [0, 0.5, 25, 100]) {
      expect(share(active(`percent(${percent})`))).toBeCloseTo(percent / 100, 1.5);
    }
  });

  it('is the same for the same request id, and differs between labels', () => {
    expect(active('percent(50)')).toEqual(active('percent(50)'));
    expect(active('percent(50)')).not.toEqual(active('percent(50.0)'));
  });

  it('grows with the percentage without leaving anybody behind', () => {
    const settings = (percent: number) => ({ 'new-stock': percent });
    const few = active('new-stock', settings(10));
    const many = active('new-stock', settings(40));
    expect(many.every((holds, i) => holds >= (few[i] ?? 0))).toBe(true);
    expect(share(many)).toBeGreaterThan(share(few));
  });

  it('is what the configuration says, also of a percentage; a label nobody speaks for does not hold', () => {
    expect(share(active('beta'))).toBe(0);
    expect(share(active('beta', { beta: true }))).toBe(1);
    expect(share(active('percent(100)', { 'percent(100)': false }))).toBe(0);
    expect(share(active('toString'))).toBe(0);
  });

  it('is what a resolver says of labels that nothing else speaks for', () => {
    const asked: string[] = [];
    const resolver = (request: { readonly requestId: string }, names: readonly string[]): string[] => {
      asked.push(...names);
      return request.requestId === 'request-1' ? ['beta', 'unheard of', 'alpha'] : [];
    };
    const labels = overrideLabels(['alpha', 'beta', 'percent(100)'], { alpha: false }, resolver);
    const held = requests.slice(0, 2).map((request) => labels?.activeFor(request));
    expect(held).toEqual([['percent(100)'], ['beta', 'percent(100)']]);
    expect(new Set(asked)).toEqual(new Set(['beta']));
  });

  it('is nobody’s concern where the supergraph has no label', () => {
    expect(overrideLabels([], { beta: true })).toBeUndefined();
  });
});

describe('a label in a planner worker', () => {
  it('is named when the graph is loaded, and decides which subgraph is asked', async () => {
    const planner = new Planner(
      { kind: 'sdl', sdl: composeFixture(labelFixture(new Set())) },
      plannerOptions,
    );
    expect((await planner.start()).labels).toEqual(labelNames);
    const request = { query: '{ count }', operationName: null };
    const answers = [
      await planner.prepare({ ...request, labels: [] }),
      await planner.prepare({ ...request, labels: ['count-moves'] }),
    ];
    expect(answers.map((json) => JSON.parse(json) as unknown)).toMatchObject([
      { prepared: { plan: { service: 'legacy' } } },
      { prepared: { plan: { service: 'modern' } } },
    ]);
    await planner.close();
  });
});

describe('a supergraph with contexts', () => {
  it('loads in a planner worker, although the stock gateway refuses it', async () => {
    const planner = await loaded(composeFixture(contexts));
    const json = await planner.prepare({ query: '{ shops { items { price } } }', operationName: null });
    expect(json).toContain('"contexts":');
    expect((await planner.describe()).apiSdl).not.toContain('fromContext');
    await planner.close();
  });
});

describe('a value from further up', () => {
  const query = '{ shops { id items { price } } places { ... on Kiosk { id item { price } } } }';
  const broken = { data: null, errors: [{ message: 'broken' }] };

  it('is asked for once per distinct value, not once per parent', async () => {
    const engine = openEngine(contexts);
    await engine.run({ query: '{ shops { items { price } } }' });
    const factors = engine.calls.flatMap(({ service, variables }) =>
      service === 'prices' ? Object.values(variables).filter((value) => !Array.isArray(value)) : [],
    );
    expect(factors).toEqual([2, 3, null]);
  });

  it('nulls only what needed it where the call with this value fails', async () => {
    const engine = openEngine(contexts, {
      around: (_, subgraph) => ({
        ...subgraph,
        fetch: (request) =>
          Object.values(JSON.parse(request.variablesJson)).includes(3)
            ? Promise.reject(new GatewayError('SERVICE_UNAVAILABLE', 'down'))
            : subgraph.fetch(request),
      }),
    });
    const { data, errors } = await engine.run({ query: '{ shops { id items { price } } }' });
    expect(data).toMatchObject({
      shops: [
        { id: 's1', items: [{ price: 20 }, { price: 400 }] },
        { id: 's2', items: [{ price: null }, { price: null }, { price: null }, { price: null }] },
        { id: 's3', items: [{ price: null }] },
        { id: 's4', items: [] },
      ],
    });
    expect(errors.map(({ path }) => path)).toEqual(
      [0, 1, 2, 3].map((index) => ['shops', 1, 'items', index, 'price']),
    );
  });

  it('is never taken for null where it could not be fetched', async () => {
    const engine = openEngine(contexts, {
      around: (_, subgraph) => ({
        ...subgraph,
        fetch: (request) =>
          request.operation.query.includes('terms') ? Promise.resolve(broken) : subgraph.fetch(request),
      }),
    });
    const { data, errors } = await engine.run({ query });
    expect(data).toMatchObject({ shops: [{ items: [{ price: 20 }, { price: 400 }] }, {}, {}, {}] });
    expect(data?.['places']).toMatchObject([
      {},
      {},
      {},
      {},
      { id: 'k1', item: { price: null } },
      { id: 'k2', item: { price: null } },
    ]);
    expect(errors).not.toEqual([]);
    const priced = engine.calls.filter(({ query: text }) => text.includes('price'));
    expect(priced.map(({ variables }) => variables['representations'])).not.toContainEqual([
      { __typename: 'Item', id: 'i2' },
    ]);
  });
});

it('a supergraph with a default value that leads back to its own type is refused', async () => {
  const sdl = compose('type Query { a(by: By): String } input By { a: Int or: By }');
  const circular = sdl.replace('or: By', 'or: By = {a: 1}');
  await expect(loaded(circular)).rejects.toMatchObject({
    code: 'SUPERGRAPH_INVALID',
    message: expect.stringContaining('The default value of "By.or" leads back to its own type') as unknown,
  });
});

describe('a supergraph with directives that nothing enforces', () => {
  const all = ['cacheTag'];

  it('is refused with their names and the way out', async () => {
    await expect(loaded(everything)).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      message:
        'The supergraph uses @cacheTag, which this gateway does not enforce: ' +
        'remove them, or accept that with "allowUnenforced: [cacheTag]" in gateway.yaml',
    });
  });

  it('is refused for those that the configuration does not name', async () => {
    await expect(loaded(everything, ['cost'])).rejects.toThrow('uses @cacheTag, which');
  });

  it('is loaded when the configuration names them all, and answers', async () => {
    const planner = await loaded(everything, all);
    const { apiSdl } = await planner.describe();
    expect(apiSdl).toContain('secret: String');
    expect(apiSdl).not.toMatch(/authenticated|policy|listSize|loggedIn/);
    const json = await planner.prepare({ query: '{ secret items { id } }', operationName: null });
    expect(JSON.parse(json)).toHaveProperty('prepared.plan');
    await planner.close();
  });

  it('is recognised where its directives have other names', async () => {
    const sdl = compose(
      `type Query { a: String @loggedIn b: [String!] @kept(format: "b") }`,
      '{ name: "@authenticated", as: "@loggedIn" }, { name: "@cacheTag", as: "@kept" }',
    );
    await expect(loaded(sdl)).rejects.toThrow('uses @cacheTag, which');
    await (await loaded(sdl, ['cacheTag'])).close();
  });

  it('is refused in any case where they must be understood and are not known', async () => {
    const sdl = compose('type Query { a: String }').replace(
      'schema\n',
      'schema\n  @link(url: "https://specs.example.com/vault/v1.0", for: SECURITY)\n' +
        '  @link(url: "https://specs.apollo.dev/authenticated/v9.0", for: SECURITY)\n' +
        '  @link(url: "https://specs.apollo.dev/policy/v0.2")\n',
    );
    await expect(loaded(sdl, all)).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      message:
        'The supergraph needs https://specs.example.com/vault/v1.0 (for: SECURITY), which this gateway does not support\n' +
        'The supergraph needs https://specs.apollo.dev/authenticated/v9.0 (for: SECURITY), which this gateway does not support\n' +
        'The supergraph needs https://specs.apollo.dev/policy/v0.2 (for: nothing said), which this gateway does not support',
    });
  });
});

const everything = compose(
  `
  type Query {
    secret: String @authenticated
    scoped: String @requiresScopes(scopes: [["read"]])
    items: [Item!] @listSize(assumedSize: 10)
    dear: Int @cost(weight: 7) @cacheTag(format: "dear")
  }
  type Item @key(fields: "id") { id: ID! }
  `,
  '"@key", "@authenticated", "@requiresScopes", "@policy", "@listSize", "@cost", "@cacheTag"',
);

function compose(sdl: string, imports = ''): string {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports}])`;
  const { supergraphSdl, errors } = composeServices([
    { name: 'one', url: 'http://127.0.0.1/one', typeDefs: parse(`${link}\n${sdl}`) },
  ]);
  if (supergraphSdl === undefined) throw new Error(errors?.map(String).join('\n'));
  return supergraphSdl;
}

async function loaded(sdl: string, allowUnenforced: string[] = []): Promise<Planner> {
  const source: SupergraphSource = { kind: 'sdl', sdl, allowUnenforced };
  const planner = new Planner(source, plannerOptions);
  await planner.start().catch(async (error: unknown) => {
    await planner.close();
    throw error;
  });
  return planner;
}

const plannerOptions: PlannerOptions = {
  tokensMax: 4000,
  suggestions: true,
  planningTimeoutMs: 5000,
  planningWallTimeoutMs: 60_000,
  sliceMs: 1000,
  loadTimeoutMs: 60_000,
  quarantineFirstMs: 60_000,
  quarantineLongestMs: 600_000,
};

describe('the root fields of a mutation', () => {
  it('do not run after one that must not be null and is', async () => {
    mutations.reset?.();
    const engine = openEngine(mutations);
    const query = `mutation {
      first: award(account: "a") book(input: { account: "a", amount: -1 }) { id } last: deposit(id: "a") { id }
    }`;
    const { data, errors } = await engine.run({ query });
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['book'] }]);
    expect(engine.calls.map(({ service }) => service)).toEqual(['loyalty', 'ledger']);
  });

  it('all run where what failed may be null', async () => {
    mutations.reset?.();
    const engine = openEngine(mutations);
    await engine.run({ query: 'mutation { deposit(id: "zz") { id } award(account: "a") }' });
    expect(engine.calls.map(({ service }) => service)).toEqual(['bank', 'loyalty']);
  });
});
