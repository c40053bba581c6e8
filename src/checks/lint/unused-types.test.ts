import { federation, lintTable } from '../../../test/checks/support/lint-table.ts';

const query = 'type Query { a: Int }';
lintTable('lint-unused-type', [
  ['a type that nothing leads to', `${query}\ntype A { b: Int }`, ['a.graphql:2:6 A']],
  [
    'types that lead to each other alone',
    `${query}\ntype A { b: B }\ntype B { a: A }`,
    ['a.graphql:2:6 A', 'a.graphql:3:6 B'],
  ],
  [
    'every kind',
    `${query}\nenum E { A }\nscalar S\ninput I { a: Int }\nunion U = Query`,
    ['a.graphql:2:6 E', 'a.graphql:3:8 S', 'a.graphql:4:7 I', 'a.graphql:5:7 U'],
  ],
  [
    'an entity that nothing leads to',
    `${federation}\n${query}\ntype A @key(fields: "id") { id: ID! }`,
    ['a.graphql:3:6 A'],
  ],
  [
    'an entity that another subgraph leads to',
    [
      `${federation}\ntype A @key(fields: "id") { id: ID! b: B }\ntype B { c: Int }`,
      `${federation}\ntype Query { a: A }\ntype A @key(fields: "id", resolvable: false) { id: ID! }`,
    ],
    [],
  ],
  [
    'implementations of an interface',
    'type Query { i: I }\ninterface I { a: Int }\ntype A implements I { a: Int b: B }\ntype B { a: Int }',
    [],
  ],
  [
    'implementations in another subgraph',
    [
      `${federation}\ntype Query { i: I }\ninterface I @key(fields: "id") { id: ID! }\ntype A implements I @key(fields: "id") { id: ID! }`,
      `${federation}\ntype I @interfaceObject @key(fields: "id") { id: ID! b: B }\ntype B { c: Int }`,
    ],
    [],
  ],
  [
    'what an interface object leads to',
    [
      `${federation}\ninterface I @key(fields: "id") { id: ID! }\ntype A implements I @key(fields: "id") { id: ID! c: C }\ntype C { a: Int }`,
      `${federation}\ntype Query { i: I }\ntype I @interfaceObject @key(fields: "id") { id: ID! }`,
    ],
    [],
  ],
  [
    'interfaces of an object',
    'type Query { a: A }\ninterface I { a: Int }\ntype A implements I { a: Int }',
    [],
  ],
  ['members of a union', 'type Query { u: U }\nunion U = A\ntype A { a: Int }', []],
  ['arguments', 'type Query { a(i: AInput): Int }\ninput AInput { e: [E!] }\nenum E { A }', []],
  ['arguments of directives', `${query}\ndirective @a(r: Role) on FIELD_DEFINITION\nenum Role { A }`, []],
  [
    'mutations and subscriptions',
    `${query}\ntype Mutation { m: M }\ntype M { a: Int }\ntype Subscription { s: S }\ntype S { a: Int }`,
    [],
  ],
  ['root types of other names', 'schema { query: Root }\ntype Root { a: A }\ntype A { r: Root }', []],
  [
    'extensions of a type elsewhere',
    ['type Query { a: A }\ntype A { a: Int }', 'extend type A { b: B }\ntype B { a: Int }'],
    [],
  ],
  ['a type of federation', `${federation}\n${query}\nscalar federation__Policy`, []],
  ['a subgraph that cannot be read', [`${query}\ntype A { b: Int }`, 'type Query {'], []],
  ['no root type, as a part of a graph has none', 'type A { b: Int }', []],
]);
