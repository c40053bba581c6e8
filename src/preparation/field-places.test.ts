import { Kind, parse, visit, type FieldNode } from 'graphql';
import { expect, it } from 'vitest';

import type { Clause } from '../pipeline/clause.ts';
import { fieldLocationsOf } from './field-places.ts';

const [first, second] = fieldsOf('{ a\n  b }') as [FieldNode, FieldNode];
const always: Clause = { yes: [], no: [] };
const x: Clause = { yes: ['x'], no: [] };
const y: Clause = { yes: [], no: ['y'] };

it.each([
  ['one place', [{ node: first, clause: always }], [[1, 3]]],
  [
    'several places',
    [
      { node: first, clause: always },
      { node: second, clause: always },
    ],
    [
      [1, 3],
      [2, 3],
    ],
  ],
  [
    'one place that is spread twice',
    [
      { node: first, clause: always },
      { node: first, clause: always },
    ],
    [[1, 3]],
  ],
  [
    'one condition for all, which is that of the field',
    [
      { node: first, clause: x },
      { node: second, clause: x },
    ],
    [
      [1, 3],
      [2, 3],
    ],
  ],
  [
    'a condition for one of two',
    [
      { node: first, clause: x },
      { node: second, clause: always },
    ],
    [
      [1, 3, x],
      [2, 3],
    ],
  ],
  [
    'different conditions',
    [
      { node: first, clause: x },
      { node: second, clause: y },
    ],
    [
      [1, 3, x],
      [2, 3, y],
    ],
  ],
  [
    'one place under two conditions',
    [
      { node: first, clause: x },
      { node: first, clause: y },
    ],
    [
      [1, 3, x],
      [1, 3, y],
    ],
  ],
  [
    'one place under a condition and without',
    [
      { node: first, clause: x },
      { node: first, clause: always },
    ],
    [
      [1, 3, x],
      [1, 3],
    ],
  ],
  ['no field', [], []],
])('a field has %s', (_title, nodes, locations) => {
  expect(fieldLocationsOf(nodes)).toEqual(locations);
});

it('a field that the client did not write has no place', () => {
  const { loc: _loc, ...added } = first;
  expect(
    fieldLocationsOf([
      { node: added, clause: always },
      { node: second, clause: always },
    ]),
  ).toEqual([[2, 3]]);
});

function fieldsOf(text: string): FieldNode[] {
  const fields: FieldNode[] = [];
  visit(parse(text), { [Kind.FIELD]: (field: FieldNode) => void fields.push(field) });
  return fields;
}
