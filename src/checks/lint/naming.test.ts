import { federation, lintTable } from '../../../test/checks/support/lint-table.ts';

lintTable('lint-type-name', [
  ['lower case', 'type Query { a: order }\ntype order { id: ID! }', ['a.graphql:2:6 order']],
  ['an underscore', '"Described."\ntype Order_Item { a: Int }', ['a.graphql:2:6 Order_Item']],
  ['once for several subgraphs', ['enum a_b { A }', 'enum a_b { A }'], ['a.graphql:1:6 a_b']],
  [
    'every kind',
    'scalar s\nunion u = A\ninterface i { a: Int }',
    ['a.graphql:1:8 s', 'a.graphql:2:7 u', 'a.graphql:3:11 i'],
  ],
  ['abbreviations and digits are names', 'scalar JSON\nscalar URL2\ntype A { a: Int }', []],
  ['root types of other names', 'schema { query: query_root }\ntype query_root { a: Int }', []],
  [
    'what federation defines',
    `${federation}\nscalar federation__FieldSet\nscalar link__Import\nunion _Entity = A\ntype _Service { sdl: String }\nscalar _Any\ntype A { a: Int }`,
    [],
  ],
  [
    'imported types',
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [{ name: "FieldSet", as: "field_set" }])\nscalar field_set',
    [],
  ],
  [
    'types of the name of a directive that is imported',
    `${federation}\ntype tag { a: Int }`,
    ['a.graphql:2:6 tag'],
  ],
]);

lintTable('lint-field-name', [
  ['snake case', 'type Query {\n  my_order: Int\n}', ['a.graphql:2:3 Query.my_order']],
  ['a capital', 'input AInput { Name: Int }', ['a.graphql:1:16 AInput.Name']],
  ['an underscore in front', 'type A { _id: ID! }', ['a.graphql:1:10 A._id']],
  [
    'its interface: there alone',
    'interface I { a_b: Int }\ntype A implements I { a_b: Int }\ntype B implements I { a_b: Int }',
    ['a.graphql:1:15 I.a_b'],
  ],
  [
    'the subgraph that resolves it',
    [
      `${federation}\ntype A @key(fields: "id") { id: ID! a_b: Int @external }`,
      `${federation}\ntype A @key(fields: "id") {\n id: ID! a_b: Int }`,
    ],
    ['b.graphql:3:10 A.a_b'],
  ],
  ['camelCase, with abbreviations and digits', 'type A { id: ID iOS: Int line2: Int someURL: Int }', []],
  ['fields of federation in another type', 'type A { _service: Int }', ['a.graphql:1:10 A._service']],
  ['an interface that implements itself', 'interface I implements I { a_b: Int }', ['a.graphql:1:28 I.a_b']],
  [
    'fields of federation',
    'type Query { a: Int _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }',
    [],
  ],
]);

lintTable('lint-argument-name', [
  ['snake case', 'type Query { a(order_id: ID): Int }', ['a.graphql:1:16 Query.a(order_id:)']],
  [
    'its interface: there alone',
    'interface I { a(b_c: Int): Int }\ntype A implements I { a(b_c: Int): Int }',
    ['a.graphql:1:17 I.a(b_c:)'],
  ],
  ['camelCase', 'type Query { a(orderId: ID): Int }', []],
  ['arguments of directives', 'directive @a(b_c: Int) on FIELD', []],
]);

lintTable('lint-enum-value', [
  ['lower case', 'enum E {\n  A\n  inProgress\n}', ['a.graphql:3:3 E.inProgress']],
  ['two underscores', 'enum E { A__B }', ['a.graphql:1:10 E.A__B']],
  ['an extension', 'enum E { A }\nextend enum E { b }', ['a.graphql:2:17 E.b']],
  ['upper case', 'enum E { A A_B A1 A_1 }', []],
]);

lintTable('lint-input-name', [
  ['another ending', 'input OrderFilter { a: Int }', ['a.graphql:1:7 OrderFilter']],
  ['the ending', 'input OrderInput { a: Int }', []],
  ['other kinds', 'type Order { a: Int }\nenum Filter { A }', []],
]);

const allowed = { allowedTags: ['partner', 'stock'] };
lintTable('lint-tag-name', [
  [
    'another tag',
    `${federation}\ntype A {\n  b: Int @tag(name: "partnr")\n}`,
    ['a.graphql:3:3 A.b'],
    allowed,
  ],
  [
    'each of several',
    `${federation}\ntype A @tag(name: "x") @tag(name: "y") { b: Int }`,
    ['a.graphql:2:6 A', 'a.graphql:2:6 A'],
    allowed,
  ],
  [
    'everything that can have one',
    `${federation}\ntype A { b(c: Int @tag(name: "x")): E }\nenum E { V @tag(name: "x") }\ninput AInput { d: Int @tag(name: "x") }`,
    ['a.graphql:2:12 A.b(c:)', 'a.graphql:3:10 E.V', 'a.graphql:4:16 AInput.d'],
    allowed,
  ],
  [
    'another name of @tag',
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [{ name: "@tag", as: "@label" }])\ntype A @label(name: "x") { b: Int }',
    ['a.graphql:2:6 A'],
    allowed,
  ],
  ['allowed ones', `${federation}\ntype A @tag(name: "stock") { b: Int @tag(name: "partner") }`, [], allowed],
  [
    "a directive of one's own",
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")\ndirective @tag(name: String) on OBJECT\ntype A @tag(name: "x") { b: Int }',
    [],
    allowed,
  ],
  ['any tag, without a list', `${federation}\ntype A @tag(name: "x") { b: Int }`, []],
  [
    'none allowed',
    `${federation}\ntype A @tag(name: "__proto__") { b: Int }`,
    ['a.graphql:2:6 A'],
    { allowedTags: [] },
  ],
]);
