/** Each case is projected by the reference and by the generated code, which may only leave to it what has errors. */
import { describe, expect, it } from 'vitest';

import type { Clause } from '../pipeline/clause.ts';
import type { FieldSpec, FieldValue, ProjectionSpec, Shape } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { noSuchObject, type Data } from './merge.ts';
import { compileProjection } from './projection-code.ts';
import { caseOf, project, type ClientPath } from './projection.ts';

const string: FieldValue = { is: 'scalar', type: 'String' };

describe('an answer without errors', () => {
  it.each<[string, FieldSpec[], Data, string]>([
    [
      'has the fields in the order of the client',
      [field('b'), field('a')],
      { a: 'x', b: 'y' },
      '{"b":"y","a":"x"}',
    ],
    ['has no field that the client did not select', [field('a')], { a: 'x', b: 'y' }, '{"a":"x"}'],
    ['has the names of the client', [{ ...field('a'), from: '_t0' }], { _t0: 'x', a: 'y' }, '{"a":"x"}'],
    ['has null for a missing value', [field('a')], {}, '{"a":null}'],
    ['keeps an alias `__proto__`', [{ ...field('__proto__'), from: 'a' }], { a: 'x' }, '{"__proto__":"x"}'],
    [
      'keeps an alias `constructor`',
      [{ ...field('constructor'), from: 'a' }],
      { a: 'x' },
      '{"constructor":"x"}',
    ],
    [
      'has the declared type of an object type',
      [field('__typename', '', { is: 'typename' })],
      {},
      '{"__typename":"Query"}',
    ],
    ['has a list with null elements', [field('a', '[')], { a: ['x', null] }, '{"a":["x",null]}'],
    ['has an empty list', [field('a', '![!')], { a: [] }, '{"a":[]}'],
    ['has lists of lists', [field('a', '[[')], { a: [['x'], null, []] }, '{"a":[["x"],null,[]]}'],
    ['has an ID as text', [field('a', '', scalar('ID'))], { a: 7 }, '{"a":"7"}'],
    [
      'has all digits of an ID',
      [field('a', '', scalar('ID'))],
      { a: new ExactNumber('9007199254740993') },
      '{"a":"9007199254740993"}',
    ],
    [
      'has all digits of a Float',
      [field('a', '', scalar('Float'))],
      { a: new ExactNumber('1.10') },
      '{"a":1.10}',
    ],
    [
      'has an Int that is written as 1.0',
      [field('a', '', scalar('Int'))],
      { a: new ExactNumber('1.0') },
      '{"a":1}',
    ],
    [
      'has the largest and smallest Int',
      [field('a', '[', scalar('Int'))],
      { a: [2_147_483_647, -2_147_483_648] },
      '{"a":[2147483647,-2147483648]}',
    ],
    [
      'has any JSON in a custom scalar',
      [field('a', '', scalar('Json'))],
      { a: [{ x: [null] }] },
      '{"a":[{"x":[null]}]}',
    ],
    ['has a value of an enum', [field('a', '', { is: 'enum', type: 'Color' })], { a: 'RED' }, '{"a":"RED"}'],
    [
      'has the runtime type of an interface',
      [field('a', '', object(1))],
      { a: { __typename: 'Film', m: 3 } },
      '{"a":{"kind":"Film","m":3}}',
    ],
    [
      'has schema introspection as it is',
      [field('__schema', '!', { is: 'introspection' })],
      { __schema: 'no' },
      '{"__schema":{"types":[]}}',
    ],
  ])('%s', (_title, fields, data, expected) => {
    const result = projected(fields, data);
    expect(result).toEqual({ errors: [], text: expected, isGenerated: true });
  });

  it('has null for an object of an interface that its service does not know', () => {
    const { errors, text } = projected([field('a', '', object(1))], { a: { __typename: noSuchObject } });
    expect(errors).toEqual([]);
    expect(text).toBe('{"a":null}');
  });
});

describe('a value that does not match the schema', () => {
  it.each<[string, FieldSpec, unknown, string, string]>([
    [
      'a number for text',
      field('a'),
      1,
      '{"a":null}',
      'Expected String for field Query.a, got a number that this type does not have',
    ],
    [
      'text for a list',
      field('a', '[!'),
      'x',
      '{"a":null}',
      'Expected [String!] for field Query.a, got a string',
    ],
    ['a list for text', field('a'), ['x'], '{"a":null}', 'Expected String for field Query.a, got a list'],
    [
      'an object for text',
      field('a', '['),
      [{}, 'x'],
      '{"a":[null,"x"]}',
      'Expected String for field Query.a, got an object',
    ],
    [
      'a number beyond Int',
      field('a', '', scalar('Int')),
      2_147_483_648,
      '{"a":null}',
      'Expected Int for field Query.a, got a number that this type does not have',
    ],
    [
      'a fraction for Int',
      field('a', '', scalar('Int')),
      1.5,
      '{"a":null}',
      'Expected Int for field Query.a, got a number that this type does not have',
    ],
    [
      'a number for Boolean',
      field('a', '', scalar('Boolean')),
      0,
      '{"a":null}',
      'Expected Boolean for field Query.a, got a number that this type does not have',
    ],
    [
      'a float beyond all floats',
      field('a', '', scalar('Float')),
      new ExactNumber('1e400'),
      '{"a":null}',
      'Expected Float for field Query.a, got a number that this type does not have',
    ],
    [
      'another value of an enum',
      field('a', '', { is: 'enum', type: 'Color' }),
      'toString',
      '{"a":null}',
      'Expected Color for field Query.a, got a value that is not part of the schema',
    ],
    [
      'a number for an enum',
      field('a', '', { is: 'enum', type: 'Color' }),
      0,
      '{"a":null}',
      'Expected Color for field Query.a, got a number',
    ],
    [
      'a list for an object',
      field('a', '', object(1)),
      [{}],
      '{"a":null}',
      'Expected Media for field Query.a, got a list',
    ],
    [
      'a number for an object',
      field('a', '', object(1)),
      new ExactNumber('1.0'),
      '{"a":null}',
      'Expected Media for field Query.a, got a number',
    ],
    [
      'an object of another type',
      field('a', '', object(1)),
      { __typename: 'User' },
      '{"a":null}',
      'Expected Media, got an object of a type that is not part of the schema',
    ],
    [
      'an object of a type without a name',
      field('a', '', object(1)),
      { __typename: null },
      '{"a":null}',
      'Expected Media, got an object without a type name',
    ],
    [
      'an object of an inherited name',
      field('a', '', object(1)),
      { __typename: 'constructor' },
      '{"a":null}',
      'Expected Media, got an object of a type that is not part of the schema',
    ],
  ])('is null with one error: %s', (_title, spec, value, text, message) => {
    const result = projected([spec], { a: value });
    expect(result.text).toBe(text);
    expect(result.errors).toMatchObject([{ message, code: 'FIELD_VALUE_INVALID', fromBackend: false }]);
  });
});

describe('null in a non-null position', () => {
  it.each<[string, string, unknown, string, ClientPath]>([
    ['of the field nulls its parent', '!', null, 'null', ['a']],
    ['of the field nulls its parent if it is missing', '!', undefined, 'null', ['a']],
    ['of an element nulls the list', '[!', ['x', null], '{"a":null}', ['a', 1]],
    ['of an element of a non-null list nulls the parent', '![!', ['x', null], 'null', ['a', 1]],
    [
      'of an inner element nulls the inner list only',
      '[[!',
      [['x'], [null]],
      '{"a":[["x"],null]}',
      ['a', 1, 0],
    ],
    ['of an inner list nulls the outer list', '[![!', [['x'], [null]], '{"a":null}', ['a', 1, 0]],
  ])('%s', (_title, wrappers, value, text, path) => {
    const result = projected([field('a', wrappers)], { a: value });
    expect(result.text).toBe(text);
    expect(result.errors).toMatchObject([
      { path, message: expect.stringContaining('non-nullable field Query.a') },
    ]);
  });

  it('reports a wrong value once, not also the null that it becomes', () => {
    const { errors, text } = projected([field('a', '!')], { a: 1 });
    expect(text).toBe('null');
    expect(errors).toMatchObject([
      {
        message: 'Expected String for field Query.a, got a number that this type does not have',
        path: ['a'],
      },
    ]);
  });

  it.each<[string, ClientPath, number]>([
    ['at its path', ['a', 1], 0],
    ['above it', ['a'], 0],
    ['below it', ['a', 1, 'x'], 0],
    ['at another element', ['a', 0], 1],
    ['at a path that only begins alike', ['a', 11], 1],
    ['of the whole answer', [], 1],
  ])('needs no error where one is reported %s', (_title, explained, count) => {
    expect(projected([field('a', '[!')], { a: ['x', null] }, { explained: [explained] }).errors).toHaveLength(
      count,
    );
  });

  it('names the service that the value comes from', () => {
    const serviceOf = (path: ClientPath): string | undefined => (path[0] === 'a' ? 'books' : undefined);
    const fields = [field('a', '[!'), field('b', '[!')];
    const { errors } = projected(fields, { a: [null], b: [null] }, { serviceOf });
    expect(errors.map(({ service }) => service)).toEqual(['books', undefined]);
    expect(errors[1]).not.toHaveProperty('service');
  });
});

describe('a conditional field', () => {
  const when = (yes: string[], no: string[] = []): Clause => ({ yes, no });

  it.each<[string, Clause[], Record<string, unknown>, boolean]>([
    ['its variable is true', [when(['x'])], { x: true }, true],
    ['its variable is false', [when(['x'])], { x: false }, false],
    ['its variable is missing', [when(['x'])], {}, false],
    ['its variable is not a boolean', [when(['x'])], { x: 'true' }, false],
    ['a variable to skip it is true', [when([], ['x'])], { x: true }, false],
    ['a variable to skip it is missing', [when([], ['x'])], {}, true],
    ['one of two variables is false', [when(['x', 'y'])], { x: true, y: false }, false],
    ['one of two clauses holds', [when(['x']), when(['y'])], { x: false, y: true }, true],
    ['a variable has an inherited name', [when(['__proto__'])], {}, false],
  ])('where %s', (_title, clauses, variables, isThere) => {
    const fields = [field('a'), { ...field('b'), when: clauses }];
    const { text } = projected(fields, { a: 'x', b: 'y' }, { variables: new Map(Object.entries(variables)) });
    expect(text).toBe(isThere ? '{"a":"x","b":"y"}' : '{"a":"x"}');
  });

  it('keeps the first place that its conditions give it', () => {
    const fields = [{ ...field('a'), when: [when(['x'])] }, field('b'), field('a')];
    const textFor = (x: boolean): string | undefined =>
      projected(fields, { a: 'x', b: 'y' }, { variables: new Map([['x', x]]) }).text;
    expect(textFor(true)).toBe('{"a":"x","b":"y"}');
    expect(textFor(false)).toBe('{"b":"y","a":"x"}');
  });

  it('reports a wrong value once if it is selected twice', () => {
    const fields = [{ ...field('a'), when: [when(['x'])] }, field('a')];
    expect(projected(fields, { a: 1 }, { variables: new Map([['x', true]]) }).errors).toHaveLength(1);
  });

  it('keeps an alias `__proto__`', () => {
    const fields = [{ ...field('__proto__'), from: 'a', when: [when(['x'])] }];
    expect(projected(fields, { a: 'x' }, { variables: new Map([['x', true]]) }).text).toBe(
      '{"__proto__":"x"}',
    );
  });

  it('needs no value where it is left out', () => {
    const fields = [{ ...field('a', '!'), when: [when(['x'])] }];
    expect(projected(fields, {})).toEqual({ errors: [], text: '{}', isGenerated: true });
  });
});

it.each<[unknown, string[] | undefined]>([
  [{ __typename: 'Book' }, ['Book', 'Clip']],
  [{ __typename: 'Clip' }, ['Book', 'Clip']],
  [{ __typename: 'User' }, undefined],
  [{}, undefined],
  [null, undefined],
  [[], undefined],
])('caseOf: %j has the fields of %j', (source, types) => {
  expect(caseOf(media, source)?.types).toEqual(types);
});

const media: Shape = {
  type: 'Media',
  isObject: false,
  cases: [
    { types: ['Book', 'Clip'], fields: [field('n', '!', scalar('Int'))] },
    {
      types: ['Film'],
      fields: [
        { ...field('kind', '!', { is: 'typename' }), from: '__typename' },
        field('m', '', scalar('Int')),
      ],
    },
  ],
};

interface Given {
  readonly variables?: ReadonlyMap<string, unknown>;
  readonly explained?: readonly ClientPath[];
  readonly serviceOf?: (path: ClientPath) => string | undefined;
}

function projected(fields: FieldSpec[], data: Data, { variables = new Map(), ...given }: Given = {}) {
  const root: Shape = { type: 'Query', isObject: true, cases: [{ types: ['Query'], fields }] };
  const spec: ProjectionSpec = { shapes: [root, media], enums: { Color: ['RED', 'GREEN'] } };
  const introspection = { __schema: { types: [] } };
  const result = project({ spec, data, variables, introspection, explained: [], ...given });
  const text = JSON.stringify(result.data);
  const compiled = compileProjection(spec)!(data, variables, introspection);
  if (compiled !== undefined) {
    expect(JSON.stringify(compiled)).toBe(text);
    expect(result.errors).toEqual([]);
  }
  return { errors: result.errors, text, isGenerated: compiled !== undefined };
}

function field(key: string, wrappers = '', value: FieldValue = string): FieldSpec {
  return { key, from: key, name: `Query.${key}`, wrappers, value, at: [] };
}

function scalar(type: string): FieldValue {
  return { is: 'scalar', type };
}

function object(shape: number): FieldValue {
  return { is: 'object', shape };
}
