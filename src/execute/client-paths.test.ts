import { describe, expect, it } from 'vitest';

import type { FieldSpec, ProjectionSpec } from '../pipeline/prepared.ts';
import { locationsOf, toClientPaths, toMergedNames } from './client-paths.ts';

const text = { is: 'scalar', type: 'String' } as const;

/** `{ shelf: media { ...on Book { label: title } ...on Film { label: name, tag @include(if: $x) } } }` */
const spec: ProjectionSpec = {
  shapes: [
    {
      type: 'Query',
      isObject: true,
      cases: [{ types: ['Query'], fields: [field('shelf', 'media', { is: 'object', shape: 1 })] }],
    },
    {
      type: 'Media',
      isObject: false,
      cases: [
        { types: ['Book'], fields: [field('label', 'title')] },
        {
          types: ['Film'],
          fields: [
            field('label', '_t0'),
            {
              ...field('tag', 'tag'),
              when: [{ yes: ['x'], no: [] }],
              at: [
                [5, 1, { yes: ['x'], no: [] }],
                [6, 1, { yes: ['x'], no: ['y'] }],
              ],
            },
          ],
        },
      ],
    },
  ],
  enums: {},
};
const data = { media: [{ __typename: 'Book' }, { __typename: 'Film' }, null, [{ __typename: 'Film' }]] };
const merged = { data, variables: new Map([['x', true]]) };

describe('toClientPaths', () => {
  it.each([
    [[], []],
    [['media'], ['shelf']],
    [
      ['media', 0],
      ['shelf', 0],
    ],
    [
      ['media', 0, 'title'],
      ['shelf', 0, 'label'],
    ],
    [
      ['media', 1, '_t0'],
      ['shelf', 1, 'label'],
    ],
    [
      ['media', 3, 0, '_t0'],
      ['shelf', 3, 0, 'label'],
    ],
  ])('turns %j into %j', (path, expected) => expect(toClientPaths(spec, merged, path)).toEqual([expected]));

  it.each([
    ['a field of another type', ['media', 0, '_t0'], ['shelf', 0]],
    ['a field that nobody selected', ['media', 0, 'price', 'amount'], ['shelf', 0]],
    ['what is below a scalar', ['media', 0, 'title', 'x', 3], ['shelf', 0, 'label']],
    ['an inherited name', ['constructor'], []],
    ['a path of the client', ['shelf', 0], []],
  ])('ends before %s', (_title, path, expected) =>
    expect(toClientPaths(spec, merged, path)).toEqual([expected]),
  );

  it('finds a field below null by the name that any type gives it', () => {
    expect(toClientPaths(spec, merged, ['media', 2, 'title'])).toEqual([['shelf', 2, 'label']]);
    expect(toClientPaths(spec, merged, ['media', 9, '_t0'])).toEqual([['shelf', 9, 'label']]);
  });

  it('has each name of a field that the client selected several times', () => {
    const twice: ProjectionSpec = {
      shapes: [
        {
          type: 'Query',
          isObject: true,
          cases: [
            {
              types: ['Query'],
              fields: [
                field('a', 'item', { is: 'object', shape: 1 }),
                field('b', 'item', { is: 'object', shape: 2 }),
                field('c', 'item', { is: 'object', shape: 3 }),
              ],
            },
          ],
        },
        {
          type: 'Item',
          isObject: true,
          cases: [{ types: ['Item'], fields: [field('x', 'id'), field('y', 'id')] }],
        },
        { type: 'Item', isObject: true, cases: [{ types: ['Item'], fields: [field('z', 'id')] }] },
        { type: 'Item', isObject: true, cases: [{ types: ['Item'], fields: [] }] },
      ],
      enums: {},
    };
    const paths = toClientPaths(twice, { data: { item: [{ id: 1 }] }, variables: new Map() }, [
      'item',
      0,
      'id',
    ]);
    expect(paths).toEqual([
      ['a', 0, 'x'],
      ['a', 0, 'y'],
      ['b', 0, 'z'],
      ['c', 0],
    ]);
  });

  it('ends before a field whose condition does not hold', () => {
    expect(toClientPaths(spec, merged, ['media', 1, 'tag'])).toEqual([['shelf', 1, 'tag']]);
    expect(toClientPaths(spec, { data, variables: new Map() }, ['media', 1, 'tag'])).toEqual([['shelf', 1]]);
  });
});

it.each([
  [
    ['shelf', 0, 'label'],
    ['media', 'title'],
  ],
  [
    ['shelf', 1, 'label'],
    ['media', '_t0'],
  ],
  [
    ['shelf', 3, 0, 'label'],
    ['media', '_t0'],
  ],
  [['shelf', 0, 'unknown'], ['media']],
  [['media'], []],
])('toMergedNames: %j is at %j', (path, names) => expect(toMergedNames(spec, merged, path)).toEqual(names));

describe('locationsOf', () => {
  it.each([
    [['shelf'], [{ line: 1, column: 1 }]],
    [['shelf', 2], [{ line: 1, column: 1 }]],
    [[], []],
  ])('has the field of %j', (path, locations) => expect(locationsOf(spec, merged, path)).toEqual(locations));

  it('has the places whose conditions hold', () => {
    const at = (variables: Record<string, boolean>) =>
      locationsOf(spec, { data, variables: new Map(Object.entries(variables)) }, ['shelf', 1, 'tag']).map(
        ({ line }) => line,
      );
    expect(at({ x: true })).toEqual([5, 6]);
    expect(at({ x: true, y: true })).toEqual([5]);
  });
});

function field(key: string, from: string, value: FieldSpec['value'] = text): FieldSpec {
  return { key, from, name: `T.${from}`, wrappers: '', value, at: [[1, 1]] };
}
