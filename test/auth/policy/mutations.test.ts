/** Nothing of a mutation happens before everything about it is decided that can be. */
import { beforeEach, describe, expect, it } from 'vitest';

import type { GraphqlReply } from '../../support/ask.ts';
import { serveGraph } from '../guarded-graph.ts';
import { type GuardedGateway, guardedGateway, type GuardedOptions } from '../support/guarded-gateway.ts';

const did: string[] = [];
const does = (name: string) => () => String(did.push(name));
const subgraphs = {
  first: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@authenticated", "@requiresScopes"])
      type Query { hello: String }
      type Mutation { open: String slow: String fails: String signedIn: String @authenticated pay: Receipt @authenticated
        must: String! @authenticated again: String! buy: Result refund: Refund sell: [Result!] lend: Loan deal: Deal swap: Nested }
      type Nested { mutation: Mutation }
      type Receipt { number: String secret: String @authenticated }
      union Result = Sold | Failed
      type Sold @authenticated { number: String }
      type Failed @authenticated { reason: String }
      interface Refund { number: String }
      type Repaid implements Refund @authenticated { number: String }
      type Credit implements Refund @authenticated { number: String }
      union Loan = Sold | Offer
      union Deal = Sold | Gift
      type Gift @requiresScopes(scopes: [["gifts"]]) { text: String }
      type Offer { text: String }`,
    resolvers: {
      Mutation: {
        open: does('open'),
        slow: does('slow'),
        fails: does('fails'),
        signedIn: does('signedIn'),
        pay: () => ({ number: does('pay')(), secret: 's' }),
        must: does('must'),
        again: does('again'),
        buy: () => ({ __typename: 'Sold', number: does('buy')() }),
        refund: () => ({ __typename: 'Repaid', number: does('refund')() }),
        sell: () => [{ __typename: 'Sold', number: does('sell')() }],
        deal: () => ({ __typename: 'Sold', number: does('deal')() }),
        swap: () => ({ mutation: {} }),
        lend: () => ({ __typename: 'Offer', text: does('lend')() }),
      },
    },
  },
  second: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")
      type Mutation { closed: String masked: String }`,
    resolvers: { Mutation: { closed: does('closed'), masked: does('masked') } },
  },
};

const policy = `export const policy = ({ rule, allow, deny, masked }) => ({
  fallbackRule: allow,
  permissions: {
    Mutation: {
      slow: rule('slow', { cache: 'no_cache' })(() => new Promise((resolve) => setTimeout(resolve, 50, false))),
      fails: rule('fails', { cache: 'strict' })(() => { throw new Error('no database'); }),
      closed: deny,
      masked: masked(deny, () => '***'),
    },
  },
});`;

const open = (options: GuardedOptions = {}): Promise<GuardedGateway> =>
  guardedGateway({ serve: () => serveGraph(subgraphs), policy, ...options });
const everything = 'mutation { open slow fails signedIn closed masked again: open }';

beforeEach(() => void did.splice(0));

describe('a mutation of which something is denied', () => {
  it('does the rest, in its order, whatever kind of rule denies and however long it takes', async () => {
    const graph = await open();
    const { data, errors = [] } = await graph.query(everything);
    expect(did).toEqual(['open', 'masked', 'open']);
    const nothing = { slow: null, fails: null, signedIn: null, closed: null };
    expect(data).toEqual({ open: '1', ...nothing, masked: '***', again: '3' });
    expect(
      errors.map(({ path, extensions }) => `${path?.[0]} ${String(extensions['code'])}`).toSorted(),
    ).toEqual([
      'closed UNAUTHENTICATED',
      'fails AUTHORIZATION_FAILED',
      'signedIn UNAUTHENTICATED',
      'slow UNAUTHENTICATED',
    ]);
  });

  it.each<[string, GuardedOptions]>([
    ['requests are refused as a whole', { authorization: ['unauthorized: reject'] }],
    ['no variants of operations are kept', { authorization: ['variantsMax: 0'] }],
  ])('does nothing at all where %s', async (_, options) => {
    const graph = await open(options);
    const refused: GraphqlReply[] = [
      await graph.query(everything),
      await graph.query('mutation { open ...F } fragment F on Mutation { x: closed }'),
      await graph.query('mutation ($no: Boolean = false) { open closed @skip(if: $no) }'),
    ];
    for (const { status, data, errors } of refused) {
      expect([status, data]).toEqual([401, undefined]);
      expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    }
    expect(did).toEqual([]);
    const fine = await graph.query('mutation ($no: Boolean = true) { open masked closed @skip(if: $no) }');
    expect(fine.data).toEqual({ open: '1', masked: '***' });
  });

  it('does not do it for a document that is kept like one without it', async () => {
    const graph = await open();
    const closed = 'mutation { open closed }';
    // The comment is how another gateway might write down which of its checks was denied.
    for (const comment of ['#\u0000-0', '# - 0', '#', '#\u0000{}\u0000-0', '#\u0000'])
      for (const query of [`${closed} ${comment}`, `${closed} #`, closed]) {
        const { data } = await graph.query(query);
        expect(data).toMatchObject({ closed: null });
      }
    const { errors } = await graph.query(closed, { operationName: '{ open }' });
    expect(errors?.[0]?.extensions['code']).toBe('BAD_REQUEST');
    expect(did).not.toContain('closed');
  });

  it('a query is answered without what is denied where no variants are kept', async () => {
    const graph = await guardedGateway({ authorization: ['variantsMax: 0'] });
    const { data, text } = await graph.query('{ secret books { title cost } movies { phone } }');
    expect(data).toEqual({ secret: null, books: [{ title: 'Dune', cost: null }], movies: [{ phone: 'e' }] });
    expect(text).not.toContain('canary');
  });
});

it.each([
  ['mutation { must open }', []],
  ['mutation { must again }', []],
  ['mutation { open must closed masked }', ['open']],
  ['mutation { open ...F again } fragment F on Mutation { must slow }', ['open']],
])('runs nothing after a field that is denied and must not be null: %s', async (query, done) => {
  const { data, errors } = await (await open()).query(query);
  expect([data, did]).toEqual([null, done]);
  expect(errors?.map(({ path }) => path)).toContainEqual(['must']);
});

it('runs what comes after an object below which such a field is denied', async () => {
  const { data } = await (await open()).query('mutation { swap { mutation { must } } open }');
  expect([data, did]).toEqual([{ swap: { mutation: null }, open: '1' }, ['open']]);
});

it('runs what comes after a field that is denied where its condition does not hold', async () => {
  const query =
    'mutation ($yes: Boolean = false) { must @include(if: $yes) ...F @include(if: $yes) open } fragment F on Mutation { must }';
  expect(await (await open()).query(query)).toMatchObject({ data: { open: '1' } });
  expect(did).toEqual(['open']);
});

it.each([
  ['mutation { buy { ... on Sold { number } } }', 'buy'],
  ['mutation { buy { __typename } }', 'buy'],
  ['mutation { refund { number } }', 'refund'],
  ['mutation { deal { ... on Sold { number } } }', 'deal'],
  ['mutation { sell { ... on Sold { number } } }', 'sell'],
])('does nothing where every type that it can return is denied: %s', async (query, name) => {
  const { data, errors } = await (await open()).query(query);
  expect([data, did]).toEqual([{ [name]: null }, []]);
  expect(errors).toMatchObject([{ path: [name], extensions: { code: 'UNAUTHENTICATED' } }]);
});

it('does what may return something that is not denied', async () => {
  const { data } = await (await open()).query('mutation { lend { ... on Offer { text } } }');
  expect([data, did]).toEqual([{ lend: { text: '1' } }, ['lend']]);
});

it.each(['Promise.resolve("***")', 'Promise.reject(new Error("no key"))'])(
  'a mask that returns a promise, %s, has failed: the value is withheld',
  async (promise) => {
    const graph = await open({ policy: policy.replace("() => '***'", `() => ${promise}`) });
    const { data, errors } = await graph.query('mutation { masked }');
    expect(data).toEqual({ masked: null });
    expect(errors).toMatchObject([{ path: ['masked'], extensions: { code: 'AUTHORIZATION_FAILED' } }]);
  },
);

it.each([
  ['mutation { pay { secret } }', 'one below it'],
  ['mutation { open pay { number secret } }', 'one beside it'],
])('%s does nothing where it shares its check with %s and no variant is left', async (query) => {
  const graph = await open({ authorization: ['variantsMax: 0'] });
  const { status, data, errors } = await graph.query(query);
  expect([status, data, did]).toEqual([401, undefined, []]);
  expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
});
