/** Services that fail make no value visible that rules or directives deny, and no object of an unknown type. */
import { beforeAll, describe, expect, it } from 'vitest';

import { readPolicy } from '../../../src/authz/policy/load-policy.ts';
import { policyTools, type PolicyRule } from '../../../src/authz/policy/policy-module.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import type { Subgraph } from '../../../src/sources/source.ts';
import { federated, type Fixture } from '../fixtures/fixture.ts';
import { fixtures } from '../fixtures/index.ts';
import type { Answer } from '../oracle/compose.ts';
import { openEngine, type EngineOptions } from '../ours/engine.ts';
import { guardFixture, type GuardedFixture } from './guarded-fixture.ts';
import { principals } from './rules.ts';

type Around = NonNullable<EngineOptions['around']>;

const unavailable = (failing: string): Around => {
  return (service, subgraph) =>
    service === failing ? { ...subgraph, fetch: () => Promise.reject(isDown()) } : subgraph;
};
const isDown = (): GatewayError => new GatewayError('SERVICE_UNAVAILABLE', 'It is down');
const withoutData =
  (failing: string): Around =>
  (service, subgraph) =>
    service === failing
      ? { ...subgraph, fetch: () => Promise.resolve({ data: null, errors: [{ message: 'no data' }] }) }
      : subgraph;
/** Its entities do not say their types. */
const withoutTypes = (failing: string): Around => {
  const untyped = (subgraph: Subgraph): Subgraph => ({
    ...subgraph,
    async fetch(request) {
      const response = await subgraph.fetch(request);
      return JSON.parse(JSON.stringify(response).replaceAll('"__typename"', '"type"')) as typeof response;
    },
  });
  return (service, subgraph) => (service === failing ? untyped(subgraph) : subgraph);
};

type Path = ReadonlyArray<string | number>;

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as never)[key] : undefined),
    data,
  );
}

function deniedPaths({ errors }: Answer): Path[] {
  return errors
    .filter(({ extensions }) => ['FORBIDDEN', 'UNAUTHENTICATED'].includes(String(extensions?.['code'])))
    .map(({ path = [] }) => path);
}

function typeNames(value: unknown, path: Path = []): Array<[Path, unknown]> {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]): Array<[Path, unknown]> =>
    key === '__typename' ? [[[...path, key], child]] : typeNames(child, [...path, key]),
  );
}

const cases = fixtures.flatMap((fixture) =>
  Object.keys(fixture.subgraphs).map((service) => ({ fixture, service, name: fixture.name })),
);

describe.each(cases)('$name without $service', ({ fixture, service }) => {
  let guarded: GuardedFixture;
  beforeAll(() => {
    guarded = guardFixture(fixture, 3);
  });
  const queries = fixture.operations.filter(({ query }) => !query.trimStart().startsWith('mutation'));

  it.each(['user', 'anonymous'] as const)('shows %s nothing that is denied otherwise', async (who) => {
    const { policy, graph } = guarded;
    const options = { access: { policy, principal: principals[who] }, graph };
    const whole = openEngine(fixture, options);
    const broken = openEngine(fixture, { ...options, around: unavailable(service) });
    for (const operation of queries) {
      const [expected, actual] = [await whole.run(operation), await broken.run(operation)];
      for (const path of deniedPaths(expected))
        expect(valueAt(actual.data, path) ?? null, `${operation.name} ${path.join('.')}`).toBeNull();
      for (const [path, name] of typeNames(actual.data))
        expect(name, `${operation.name} ${path.join('.')}`).toBe(valueAt(expected.data, path));
    }
  });
});

const rows = [
  { __typename: 'Book', id: 'm1', pages: 412, country: 'is' },
  { __typename: 'Movie', id: 'm2', minutes: 90, country: null },
];
const media: Fixture = {
  name: 'guarded media',
  about: 'members of an interface object of which one is for users only',
  subgraphs: {
    catalog: {
      typeDefs: `
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@authenticated"])
        type Query { media: [Medium] }
        interface Medium @key(fields: "id") { id: ID! }
        type Book implements Medium @key(fields: "id") @authenticated { id: ID! pages: Int country: String }
        type Movie implements Medium @key(fields: "id") { id: ID! minutes: Int country: String }`,
      resolvers: {
        Query: { media: () => rows },
        Medium: { __resolveReference: ({ id }) => rows.find((row) => row.id === id) ?? null },
      },
    },
    ratings: {
      typeDefs: federated(`
        type Query { top: [Medium] }
        type Medium @key(fields: "id") @interfaceObject { id: ID! score: Int }`),
      resolvers: {
        Query: { top: () => rows.map(({ id }) => ({ id, score: 5 })) },
        Medium: { __resolveReference: ({ id }) => ({ id, score: 5 }) },
      },
    },
  },
  monolith: { typeDefs: 'type Query { media: Int }', resolvers: {} },
  operations: [],
};

describe.each([
  ['generated', false],
  ['interpreted', true],
])('an object of which only the interface is known, with %s code', (_, interpreted) => {
  const ask = (query: string, around?: Around, who: keyof typeof principals = 'anonymous'): Promise<Answer> =>
    openEngine(media, {
      interpreted,
      access: { policy: null, principal: principals[who] },
      ...(around ? { around } : {}),
    }).run({ query });
  const codes = ({ errors }: Answer): string[] =>
    errors.map(({ path = [], extensions }) => `${path.join('.')} ${String(extensions?.['code'])}`);

  it('is denied like its members', async () => {
    const query = '{ top { id score } }';
    expect((await ask(query)).data).toEqual({ top: [null, { id: 'm2', score: 5 }] });
    for (const around of [unavailable('catalog'), withoutData('catalog'), withoutTypes('catalog')])
      expect((await ask(query, around)).data).toEqual({ top: [null, null] });
  });

  /** What a user gets where `score` has this rule on both members. */
  const answersFor = (query: string, score: PolicyRule): ((around?: Around) => Promise<Answer>) => {
    const permissions = { Book: { score }, Movie: { score } };
    const policy = readPolicy('test policy', { permissions, fallbackRule: policyTools.allow });
    const access = { policy, principal: principals.user };
    return (around) =>
      openEngine(media, { interpreted, access, ...(around ? { around } : {}) }).run({ query });
  };

  it('is denied by rules that read the objects behind it, whatever they make of nothing', async () => {
    const { rule } = policyTools;
    // As documented: null means that its service did not return it.
    const hasCountry = rule('has a country', { cache: 'strict', fragment: '{ country }' })(
      ({ country }: { readonly country?: string | null }) => country !== null,
    );
    const answerFor = answersFor('{ top { id score } }', hasCountry);
    expect((await answerFor()).data).toEqual({
      top: [
        { id: 'm1', score: 5 },
        { id: 'm2', score: null },
      ],
    });
    for (const breaking of [unavailable, withoutData, withoutTypes]) {
      const broken = await answerFor(breaking('catalog'));
      expect(JSON.stringify(broken.data)).not.toContain('5');
    }
    const broken = await answerFor(unavailable('catalog'));
    expect(codes(broken)).toEqual(expect.arrayContaining(['top.0.score AUTHORIZATION_FAILED']));
  });

  it('is denied by rules that go by its type, and read nothing else', async () => {
    const { rule } = policyTools;
    const isNoMovie = rule('is no movie', { cache: 'strict' })(
      ({ __typename }: { readonly __typename: string }) => __typename !== 'Movie',
    );
    const answerFor = answersFor('{ top { score } }', isNoMovie);
    expect((await answerFor()).data).toEqual({ top: [{ score: 5 }, { score: null }] });
    const broken = await answerFor(unavailable('catalog'));
    expect(JSON.stringify(broken.data)).not.toContain('5');
  });

  it('has the rules that read nothing of it, also where one type alone can be behind the interface', async () => {
    const { rule, allow } = policyTools;
    const isUser = rule('is a user')((_, __, { principal }) => principal.roles.includes('user'));
    const typeDefs = media.subgraphs['catalog']?.typeDefs.replace(/type Movie[^}]*\}/, '') ?? '';
    const alone: Fixture = {
      ...media,
      subgraphs: { ...media.subgraphs, catalog: { ...media.subgraphs['catalog'], typeDefs } as never },
    };
    const policy = readPolicy('test policy', {
      permissions: { Book: { score: isUser } },
      fallbackRule: allow,
    });
    for (const [who, score] of [
      ['user', 5],
      ['anonymous', null],
    ] as const) {
      const engine = openEngine(alone, { interpreted, access: { policy, principal: principals[who] } });
      const { data } = await engine.run({ query: '{ top { score } }' });
      if (who === 'user') expect(JSON.stringify(data)).toContain(`"score":${score}`);
      else expect(JSON.stringify(data)).not.toContain('5');
    }
  });

  it.each([
    [unavailable, 'SERVICE_UNAVAILABLE'],
    [withoutData, 'SERVICE_ERROR'],
    [withoutTypes, 'FIELD_VALUE_INVALID'],
  ])('is null where its type matters, with one error', async (breaking, code) => {
    for (const selection of ['__typename id', 'id ... on Book { pages }']) {
      const answer = await ask(`{ top { ${selection} } }`, breaking('catalog'), 'user');
      expect(answer.data).toEqual({ top: [null, null] });
      expect(codes(answer)).toEqual([`top.0 ${code}`, `top.1 ${code}`]);
    }
  });

  it('is there where its type does not matter', async () => {
    const scored = await ask('{ top { id score } }', unavailable('catalog'), 'user');
    expect(scored).toMatchObject({ data: { top: [{ score: 5 }, { score: 5 }] }, errors: [] });
    const query = 'query ($pages: Boolean = false) { top { id ... on Book @include(if: $pages) { pages } } }';
    const conditional = await ask(query, unavailable('catalog'), 'user');
    expect(conditional.data).toEqual({ top: [{ id: 'm1' }, { id: 'm2' }] });
  });
});
