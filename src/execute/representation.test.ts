import { describe, expect, it } from 'vitest';

import type { RequiredSelection } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { markFailed } from './failed-fields.ts';
import { noSuchObject, type Data } from './merge.ts';
import { generateIdentity, generateRepresentation } from './representation-code.ts';
import { compileRepresentation, referenceRepresentation } from './representation.ts';

const typename = field('__typename');

describe.each([
  ['generateRepresentation', (requires: RequiredSelection[]) => generateRepresentation(requires)!],
  ['referenceRepresentation', (requires: RequiredSelection[]) => referenceRepresentation(requires, [])],
])('%s', (_name, compile) => {
  const book = on(['Book'], typename, field('isbn'));

  it.each<[string, RequiredSelection[], Data, string | null]>([
    [
      'has the required fields only',
      [book],
      { __typename: 'Book', isbn: '1', title: 'x' },
      '{"__typename":"Book","isbn":"1"}',
    ],
    [
      'has them in the order of the requirements',
      [on(['Book'], field('isbn'), typename)],
      { __typename: 'Book', isbn: '1' },
      '{"isbn":"1","__typename":"Book"}',
    ],
    [
      'has null for a field that is null',
      [book],
      { __typename: 'Book', isbn: null },
      '{"__typename":"Book","isbn":null}',
    ],
    ['is missing where a field is', [book], { __typename: 'Book' }, null],
    ['is missing for another type', [book], { __typename: 'Film', isbn: '1' }, null],
    ['is missing without a type name', [book], { isbn: '1' }, null],
    ['is missing for an object that does not exist', [book], { __typename: noSuchObject, isbn: '1' }, null],
    [
      'is that of the type',
      [book, on(['Film'], typename, field('id'))],
      { __typename: 'Film', id: 2 },
      '{"__typename":"Film","id":2}',
    ],
    [
      'is the same for types of one condition',
      [on(['Film', 'Clip'], typename, field('id'))],
      { __typename: 'Clip', id: 2 },
      '{"__typename":"Clip","id":2}',
    ],
    [
      'reads no inherited member',
      [on(['Book'], typename, field('constructor'))],
      { __typename: 'Book' },
      null,
    ],
    [
      'reads an own member with an inherited name',
      [on(['Book'], typename, field('constructor'))],
      { __typename: 'Book', constructor: 'x' },
      '{"__typename":"Book","constructor":"x"}',
    ],
    [
      'escapes text',
      [book],
      { __typename: 'Book', isbn: '"\u2028\n' },
      '{"__typename":"Book","isbn":"\\"\u2028\\n"}',
    ],
  ])('%s', (_title, requires, object, expected) => {
    expect(compile(requires)(object)).toBe(expected);
  });

  it('keeps all digits of numbers', () => {
    const object = { __typename: 'Book', isbn: new ExactNumber('9007199254740993.10') };
    expect(compile([book])(object)).toBe('{"__typename":"Book","isbn":9007199254740993.10}');
  });

  it.each<[string, unknown, string]>([
    ['an object', { x: 1, y: 2 }, '{"x":1}'],
    ['null', null, 'null'],
    ['a list', [{ x: 1 }, null, { x: 2 }], '[{"x":1},null,{"x":2}]'],
    ['a list of lists', [[{ x: 1 }], []], '[[{"x":1}],[]]'],
    ['an object that lacks a required field, which is null', { y: 1 }, 'null'],
    ['a scalar where an object is required, which is null', 'x', 'null'],
    ['a number where an object is required, which is null', new ExactNumber('1.0'), 'null'],
  ])('selects within %s', (_title, size, expected) => {
    const build = compile([on(['Book'], typename, field('size', field('x')))]);
    expect(build({ __typename: 'Book', size })).toBe(`{"__typename":"Book","size":${expected}}`);
  });

  it('is missing where a fetch failed for an object below', () => {
    const build = compile([on(['Book'], typename, field('pages', field('size', field('x'))))]);
    const bookOf = (size: Data): Data => ({ __typename: 'Book', pages: [{ size: { x: 1 } }, { size }] });
    const missing = {};
    expect(build(bookOf(missing))).toBe('{"__typename":"Book","pages":[{"size":{"x":1}},{"size":null}]}');
    markFailed(missing, ['y']);
    expect(build(bookOf(missing))).toContain('null');
    markFailed(missing, ['x']);
    expect(build(bookOf(missing))).toBeUndefined();
    const other = { x: null };
    markFailed(other, ['x']);
    expect(build(bookOf(other))).toBe('{"__typename":"Book","pages":[{"size":{"x":1}},{"size":{"x":null}}]}');
  });

  it('takes no method of a number for a field', () => {
    const build = compile([on(['Book'], typename, field('size', field('plain')))]);
    expect(build({ __typename: 'Book', size: new ExactNumber('1.0') })).toBe(
      '{"__typename":"Book","size":null}',
    );
  });
});

describe('generateRepresentation leaves to the reference', () => {
  it.each<[string, RequiredSelection[]]>([
    ['a field outside of any type condition', [field('id')]],
    ['a nested type condition', [on(['Book'], typename, on(['Book'], field('id')))]],
    ['a type condition below a field', [on(['Book'], typename, field('size', on(['Size'], field('x'))))]],
    [
      'two conditions with a common type',
      [on(['Book'], typename, field('id')), on(['Film', 'Book'], typename)],
    ],
    ['a condition without the type name', [on(['Book'], field('id'))]],
  ])('%s', (_title, requires) => {
    expect(generateRepresentation(requires)).toBeNull();
  });
});

describe('referenceRepresentation', () => {
  it('joins what several conditions require of one type', () => {
    const build = compileRepresentation(
      [
        on(['Book'], typename, field('size', field('x'))),
        on(['Book', 'Film'], typename, field('size', field('y'))),
      ],
      [],
    );
    expect(build({ __typename: 'Book', size: { x: 1, y: 2 } })).toBe(
      '{"__typename":"Book","size":{"x":1,"y":2}}',
    );
  });

  it('has what one condition requires where the fields of another are missing', () => {
    const requires = [on(['Book'], typename, field('id')), on(['Book'], typename, field('tax'))];
    expect(compileRepresentation(requires, [])({ __typename: 'Book', id: 1 })).toBe(
      '{"__typename":"Book","id":1}',
    );
  });
});

it('a rewrite names the interface object in the representation, not in the data', () => {
  const build = compileRepresentation(
    [on(['Book'], typename, field('id'))],
    [{ kind: 'set', path: [{ types: ['Book'] }, { key: '__typename' }], value: 'Media' }],
  );
  const object = { __typename: 'Book', id: 1 };
  expect(build(object)).toBe('{"__typename":"Media","id":1}');
  expect(object).toEqual({ __typename: 'Book', id: 1 });
});

describe('generateIdentity', () => {
  const identify = generateIdentity([on(['Book'], typename, field('isbn'))])!;

  it.each<[Data, unknown]>([
    [{ __typename: 'Book', isbn: '1' }, '1'],
    [{ __typename: 'Book', isbn: null }, null],
    [{ __typename: 'Book' }, undefined],
    [{ __typename: 'Film', isbn: '1' }, undefined],
    [{ isbn: '1' }, undefined],
  ])('identifies %j by %j', (object, identity) => expect(identify(object)).toBe(identity));

  it.each<[string, RequiredSelection[]]>([
    ['two types', [on(['Book', 'Film'], typename, field('id'))]],
    ['two conditions', [on(['Book'], typename, field('id')), on(['Film'], typename, field('id'))]],
    ['two keys', [on(['Book'], typename, field('id'), field('isbn'))]],
    ['no key', [on(['Book'], typename)]],
    ['a key with selections', [on(['Book'], typename, field('id', field('x')))]],
    ['no type name', [on(['Book'], field('id'))]],
    ['nothing', []],
  ])('is not possible with %s', (_title, requires) => expect(generateIdentity(requires)).toBeNull());
});

function field(name: string, ...selections: RequiredSelection[]): RequiredSelection {
  return { kind: 'field', name, selections: selections.length > 0 ? selections : null };
}

function on(types: string[], ...selections: RequiredSelection[]): RequiredSelection {
  return { kind: 'on', types, selections };
}
