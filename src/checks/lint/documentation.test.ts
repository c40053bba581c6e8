import { federation, lintTable } from '../../../test/checks/support/lint-table.ts';

const all = { describedFields: 'all' } as const;
lintTable('lint-description', [
  ['a type', 'type Query { "A." a: A }\ntype A { b: Int }', ['a.graphql:2:6 A']],
  ['a root field', 'type Query {\n  a: Int\n}', ['a.graphql:2:3 Query.a']],
  ['a blank one', '"  " type A { b: Int }', ['a.graphql:1:11 A']],
  [
    'one subgraph that describes it',
    [
      `${federation}\ntype A @key(fields: "id") { id: ID! }`,
      `${federation}\n"An A." type A @key(fields: "id") { id: ID! }`,
    ],
    [],
  ],
  [
    'none: where most of it is',
    [
      `${federation}\ntype A @key(fields: "id", resolvable: false) { id: ID! }`,
      `${federation}\ntype A @key(fields: "id") { id: ID! a: Int }`,
    ],
    ['b.graphql:2:6 A'],
  ],
  [
    'what is inaccessible',
    `${federation}\ntype Query { a: Int @inaccessible }\ntype A @inaccessible { a: Int }`,
    [],
  ],
  ['other fields, which need none', '"A." type A { b: Int }', []],
  ['other fields, by option', '"A." type A { b: Int "C." c: Int }', ['a.graphql:1:15 A.b'], all],
  [
    'fields of an interface: there alone',
    '"I." interface I { b: Int }\n"A." type A implements I { b: Int }',
    ['a.graphql:1:20 I.b'],
    all,
  ],
  ['root fields, by option', 'type Query { a: Int }', [], { describedFields: 'none' }],
]);

const dates = { deprecationDates: true };
lintTable('lint-deprecation-reason', [
  ['no reason', 'type A { b: Int @deprecated }', ['a.graphql:1:10 A.b']],
  ['the default', 'enum E { A @deprecated(reason: "No longer supported") }', ['a.graphql:1:10 E.A']],
  ['a blank one', 'type A { b(c: Int @deprecated(reason: " ")): Int }', ['a.graphql:1:12 A.b(c:)']],
  ['an input field', 'input AInput { b: Int @deprecated }', ['a.graphql:1:16 AInput.b']],
  ['a reason', 'type A { b: Int @deprecated(reason: "Use c") }', []],
  [
    'a reason in one of two subgraphs',
    ['type A { b: Int @deprecated }', 'type A { b: Int @deprecated(reason: "Use c") }'],
    [],
  ],
  [
    'a date, where one is needed',
    'type A { b: Int @deprecated(reason: "Use c, since 2026-09-01") }',
    [],
    dates,
  ],
  [
    'no date, where one is needed',
    'type A { b: Int @deprecated(reason: "Use c") }',
    ['a.graphql:1:10 A.b'],
    dates,
  ],
  [
    'no day of the calendar',
    'type A { b: Int @deprecated(reason: "since 2026-02-30") }',
    ['a.graphql:1:10 A.b'],
    dates,
  ],
]);
