/** What rules that look at objects get of them, and what the record of such a check says. */

import { expect, it } from 'vitest';

import { readPolicy } from '../../../src/authz/policy/load-policy.ts';
import { policyTools, type PolicyRule } from '../../../src/authz/policy/policy-module.ts';
import type { AuthorizationRecord } from '../../../src/shared/authorization-record.ts';
import { federated, type Fixture } from '../fixtures/fixture.ts';
import { openEngine } from '../ours/engine.ts';
import { principals } from './rules.ts';

const { rule, allow, masked } = policyTools;
const isMine = rule('is mine', { cache: 'strict', fragment: '{ owner }' })(
  ({ owner }: { readonly owner: string }) => owner === 'u1',
);
const fails = (): never => {
  throw new Error('no key');
};

interface Author {
  readonly author: { readonly id: string; readonly suspended?: boolean } | null;
}
const isAuthor = rule('is the author', { cache: 'strict', fragment: '{ author { id } }' })(
  ({ author }: Author) => author?.id === 'u1',
);
const isActive = rule('is active', { cache: 'strict', fragment: '{ author { suspended } }' })(
  ({ author }: Author) => author?.suspended !== true,
);
const isBoth = rule('is both', { cache: 'strict', fragment: '{ author { id } author { suspended } }' })(
  ({ author }: Author) => author?.id === 'u1' && author.suspended !== true,
);

const items: Fixture = {
  name: 'items',
  about: 'of which some are denied',
  subgraphs: {
    a: {
      typeDefs: federated(
        'type Query { items: [Item] } type Item { owner: String secret: String author: Author } type Author { id: ID! suspended: Boolean }',
      ),
      resolvers: {
        Query: {
          items: () => [
            { owner: 'u2', secret: 'a', author: { id: 'u1', suspended: true } },
            { owner: 'u1', secret: 'b', author: { id: 'u1', suspended: false } },
          ],
        },
      },
    },
  },
  monolith: { typeDefs: 'type Query { items: Int }', resolvers: {} },
  operations: [],
};

it.each<[string, PolicyRule, string | null, Partial<AuthorizationRecord>]>([
  ['denied', isMine, null, { outcome: 'deny', reason: 'is mine denies' }],
  ['masked', masked(isMine, () => '***'), '***', { outcome: 'mask', reason: 'masked: is mine denies' }],
  ['masked by what fails', masked(isMine, fails), null, { outcome: 'deny', reason: 'masking failed' }],
])('is why an object was %s, though another one came last', async (_how, secret, shown, expected) => {
  const records: AuthorizationRecord[] = [];
  const engine = openEngine(items, {
    access: {
      policy: readPolicy('test policy', { permissions: { Item: { secret } }, fallbackRule: allow }),
      principal: principals.user,
    },
    onDecision: (record) => void records.push(record),
  });
  const { data } = await engine.run({ query: '{ items { secret } }' });
  expect(data).toEqual({ items: [{ secret: shown }, { secret: 'b' }] });
  const ofSecret = records.find(({ coordinates }) => coordinates.includes('Item.secret'));
  expect(ofSecret).toMatchObject({ ...expected, objects: { allow: 1 } });
});

it('a mask that fails withholds a value at each of its places, with an error there', async () => {
  const shared: Fixture = {
    ...items,
    name: 'shared',
    subgraphs: {
      reviews: {
        typeDefs: federated(
          'type Query { reviews: [Review] } type Review { author: Author } type Author @key(fields: "id") { id: ID! }',
        ),
        resolvers: { Query: { reviews: () => [{ author: { id: 'u1' } }, { author: { id: 'u1' } }] } },
      },
      authors: {
        typeDefs: federated(
          'type Author @key(fields: "id") { id: ID! address: Address } type Address { street: String }',
        ),
        resolvers: {
          Author: {
            __resolveReference: ({ id }: { readonly id: string }) => ({ id, address: { street: 'secret' } }),
          },
        },
      },
    },
  };
  const street = masked(
    rule('denied', { cache: 'no_cache' })(() => false),
    fails,
  );
  const engine = openEngine(shared, {
    access: {
      policy: readPolicy('test policy', { permissions: { Address: { street } }, fallbackRule: allow }),
      principal: principals.user,
    },
  });
  const { data, errors } = await engine.run({ query: '{ reviews { author { address { street } } } }' });
  const review = { author: { address: { street: null } } };
  expect(data).toEqual({ reviews: [review, review] });
  expect(errors.map(({ path, extensions }) => [path?.[1], extensions?.['code']])).toEqual([
    [0, 'AUTHORIZATION_FAILED'],
    [1, 'AUTHORIZATION_FAILED'],
  ]);
});

it.each<[string, PolicyRule]>([
  ['two rules', policyTools.and(isAuthor, isActive)],
  ['two rules, the other way round', policyTools.and(isActive, isAuthor)],
  ['one fragment that names a field twice', isBoth],
])('rules get all that their fragments select of an object: %s', async (_how, secret) => {
  const engine = openEngine(items, {
    access: {
      policy: readPolicy('test policy', { permissions: { Item: { secret } }, fallbackRule: allow }),
      principal: principals.user,
    },
  });
  for (const query of ['{ items { secret } }', '{ items { secret author { suspended } } }'])
    expect((await engine.run({ query })).data).toMatchObject({ items: [{ secret: null }, { secret: 'b' }] });
});
