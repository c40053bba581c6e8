import { expect, it } from 'vitest';

import { sdlDifferences } from './sdl-differences.ts';

it.each<[string, string, string, readonly string[], readonly string[]]>([
  ['no change', 'type A { b: Int }', 'type A { b: Int }', [], []],
  ['another order', 'type A { b: Int c: Int }', 'type A { c: Int b: Int }', [], []],
  ['descriptions and directives', 'type A { b: Int }', '"Text" type A { b: Int @deprecated }', [], []],
  ['an extension of the same', 'type A { b: Int }', 'extend type A { b: Int }', [], []],
  ['a field', 'type A { b: Int }', 'type A { b: Int c: Int }', ['A.c: Int'], []],
  ['another type', 'type A { b: Int }', 'type A { b: Int! }', ['A.b: Int!'], ['A.b: Int']],
  ['an argument', 'type A { b: Int }', 'type A { b(c: ID): Int }', ['A.b(c:): ID'], []],
  ['an input field', 'input A { b: Int }', 'input A { c: Int }', ['A.c: Int'], ['A.b: Int']],
  ['an enum value', 'enum A { B }', 'enum A { B C }', ['A.C'], []],
  ['a member of a union', 'union A = B | C', 'union A = B', [], ['A = C']],
  ['an interface', 'interface A { b: Int }', 'type B { b: Int }', ['B.b: Int'], ['A.b: Int']],
  [
    'machinery of federation',
    'type Query { a: Int }',
    'type Query { a: Int _service: _Service! _entities: [_Entity]! } type _Service { sdl: String } union _Entity = Query scalar _Any scalar FieldSet enum link__Purpose { SECURITY } directive @key(fields: FieldSet) on OBJECT',
    [],
    [],
  ],
])('tells %s', (_what, before, after, added, removed) => {
  expect(sdlDifferences(before, after)).toEqual({ added, removed });
});
