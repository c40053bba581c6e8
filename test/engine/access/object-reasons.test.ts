/** What the record of a check says that was decided object by object. */

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

const items: Fixture = {
  name: 'items',
  about: 'of which some are denied',
  subgraphs: {
    a: {
      typeDefs: federated('type Query { items: [Item] } type Item { owner: String secret: String }'),
      resolvers: {
        Query: {
          items: () => [
            { owner: 'u2', secret: 'a' },
            { owner: 'u1', secret: 'b' },
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
