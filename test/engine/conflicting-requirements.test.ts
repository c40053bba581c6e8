/** Fields whose requirements need one field with different arguments, where no plan can give both: a refusal, never a wrong answer. */

import { expect, it } from 'vitest';

import type { Fixture } from './fixtures/fixture.ts';
import { fixture as interfaceObjectArguments } from './fixtures/interface-object-arguments.ts';
import { fixture as requiresLevels } from './fixtures/requires-levels.ts';
import { openEngine } from './ours/engine.ts';

const withMutation: Fixture = {
  ...interfaceObjectArguments,
  subgraphs: {
    ...interfaceObjectArguments.subgraphs,
    changes: {
      typeDefs: `
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
        type Mutation { touch: Book }
        type Book @key(fields: "id") { id: ID! }
      `,
      resolvers: { Mutation: { touch: () => ({ id: 'b1' }) } },
    },
  },
};

it.each<[string, Fixture, string, string]>([
  [
    'by itself',
    requiresLevels,
    '{ accounts { both } }',
    'requires one field with different arguments at the same place',
  ],
  [
    'beside others',
    requiresLevels,
    '{ accounts { both score } }',
    'requires one field with different arguments at the same place',
  ],
  [
    'in a mutation, which must not run twice',
    withMutation,
    'mutation { touch { label loud } }',
    'Fields of this mutation need one field with different arguments',
  ],
])('a field that conflicts %s is refused', (_, fixture, query, message) => {
  expect(() => openEngine(fixture).prepare(query)).toThrow(message);
  expect(() => openEngine(fixture).prepare(query)).toThrow('OPERATION_NOT_SUPPORTED');
});

it('a mutation without such fields is planned', async () => {
  const engine = openEngine(withMutation);
  const { data } = await engine.run({ query: 'mutation { touch { label } }' });
  expect(data).toEqual({ touch: { label: 'Walden 978' } });
});
