import { describe, expect, it } from 'vitest';

import type { CostSpec } from '../../pipeline/cost.ts';
import type { FieldSpec, FieldValue, PreparedOperation } from '../../pipeline/prepared.ts';
import { actualCost } from './actual.ts';

const field = (key: string, value: FieldValue, wrappers = ''): FieldSpec => ({
  key,
  from: key,
  name: `T.${key}`,
  wrappers,
  value,
  at: [],
});

const scalar: FieldValue = { is: 'scalar', type: 'Json' };

/** `{ users { name tags friend { name } } thing { ... } }` */
const operation = (cost: Partial<CostSpec> = {}, kind: PreparedOperation['kind'] = 'query') =>
  ({
    kind,
    cost: { total: 0, calls: 0, ...cost },
    projection: {
      enums: {},
      shapes: [
        {
          type: 'Query',
          isObject: true,
          cases: [
            {
              types: ['Query'],
              fields: [
                field('users', { is: 'object', shape: 1 }, '!['),
                field('thing', { is: 'object', shape: 3 }),
              ],
            },
          ],
        },
        {
          type: 'User',
          isObject: true,
          cases: [
            {
              types: ['User'],
              fields: [
                field('name', scalar),
                field('tags', scalar, '['),
                field('friend', { is: 'object', shape: 2 }),
              ],
            },
          ],
        },
        { type: 'User', isObject: true, cases: [{ types: ['User'], fields: [field('name', scalar)] }] },
        {
          type: 'Thing',
          isObject: false,
          cases: [
            { types: ['Book', 'Film'], fields: [field('kind', { is: 'typename' }), field('name', scalar)] },
            { types: ['Song'], fields: [field('length', scalar)] },
          ],
        },
      ],
    },
  }) satisfies Pick<PreparedOperation, 'kind' | 'cost' | 'projection'>;

const none = new Map<string, unknown>();

describe('actualCost', () => {
  it('counts the objects that came, without the root', () => {
    const users = [
      { name: 'a', tags: [], friend: null },
      null,
      { name: 'b', tags: [], friend: { name: 'c' } },
    ];
    expect(actualCost(operation(), { users, thing: null }, none)).toBe(3);
    expect(actualCost(operation(), null, none)).toBe(0);
    expect(actualCost(operation({}, 'mutation'), null, none)).toBe(10);
  });

  it('counts weighted values, in lists each', () => {
    const weighted = operation({
      actual: {
        weights: [
          ['Json', 2],
          ['User', 5],
        ],
        calls: [],
      },
    });
    expect(actualCost(weighted, { users: [{ name: { a: [1, 2] }, tags: [1, null, [2, 3]] }] }, none)).toBe(
      5 + 2 + 4,
    );
  });

  it('counts fields each time that they were executed, by the variables of the request', () => {
    const call = operation({
      actual: {
        weights: [],
        calls: [
          {
            key: 'users',
            types: ['Query'],
            below: [
              { key: 'name', types: ['User'], cost: 4 },
              {
                key: 'friend',
                types: ['User'],
                below: [
                  {
                    key: 'name',
                    types: ['User'],
                    cost: { is: 'when', when: [{ yes: ['x'], no: [] }], of: 7 },
                  },
                ],
              },
            ],
          },
        ],
      },
    });
    const data = { users: [{ name: null, friend: { name: 'n' } }, { name: 'b' }] };
    expect(actualCost(call, data, new Map([['x', true]]))).toBe(3 + 4 + 4 + 7);
    expect(actualCost(call, data, none)).toBe(3 + 4 + 4);
  });

  it('goes by the type that an answer names, and else by the dearest', () => {
    const typed = operation({
      actual: {
        weights: [
          ['Book', 3],
          ['Film', 6],
          ['Song', 2],
        ],
        calls: [{ key: 'thing', types: ['Query'], below: [{ key: 'length', types: ['Song'], cost: 9 }] }],
      },
    });
    const costOf = (thing: Record<string, unknown>): number => actualCost(typed, { users: [], thing }, none);
    expect(costOf({ kind: 'Book', name: 'b' })).toBe(3);
    expect(costOf({ kind: 'Film', name: 'b' })).toBe(6);
    expect(costOf({ name: 'b' })).toBe(6);
    expect(costOf({ length: 5 })).toBe(11);
  });

  it('takes names from outside for names only', () => {
    const hostile = operation();
    expect(actualCost(hostile, { users: [], constructor: {}, toString: [] }, none)).toBe(0);
  });
});
