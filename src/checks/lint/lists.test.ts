import { federation, lintTable } from '../../../test/checks/support/lint-table.ts';

const entity = `${federation}\ntype A @key(fields: "id") { id: ID! }`;
lintTable('lint-list-pagination', [
  ['a list of entities', `${entity}\ntype B { as: [A!]! }`, ['a.graphql:3:10 B.as']],
  ['a list of a root type', 'type Query { bs: [B!]! }\ntype B { a: Int }', ['a.graphql:1:14 Query.bs']],
  [
    'an interface of entities',
    `${entity}\ninterface I { id: ID! }\nextend type A implements I { id: ID! }\ntype B { is: [I!] }`,
    ['a.graphql:5:10 B.is'],
  ],
  ['a union of entities', `${entity}\nunion U = A\ntype B { us: [U!] }`, ['a.graphql:4:10 B.us']],
  [
    'an entity by another subgraph',
    ['type B { as: [A!]! }\ntype A { id: ID! }', entity],
    ['a.graphql:1:10 B.as'],
  ],
  [
    'its interface: there alone',
    `${entity}\ninterface I { as: [A!]! }\ntype B implements I { as: [A!]! }`,
    ['a.graphql:3:15 I.as'],
  ],
  ['another argument', `${entity}\ntype B { as(offset: Int): [A!]! }`, ['a.graphql:3:10 B.as']],
  ['an argument', `${entity}\ntype B { as(first: Int = 20): [A!]! }`, []],
  [
    "an argument of one's own",
    `${entity}\ntype B { as(count: Int): [A!]! }`,
    [],
    { paginationArguments: ['count'] },
  ],
  [
    'an argument within an input',
    `${entity}\ntype B { as(page: PageInput): [A!]! }\ninput PageInput { limit: Int }`,
    [],
  ],
  [
    'an input without such a field',
    `${entity}\ntype B { as(filter: FilterInput): [A!]! }\ninput FilterInput { limits: Int }`,
    ['a.graphql:3:10 B.as'],
  ],
  ['a list of values', 'type Query { b: B }\ntype B { cs: [C!]! }\ntype C { a: Int }', []],
  ['a list of scalars or enums', 'type Query { b: [Int!]! e: [E!] }\nenum E { A }', []],
  ['as many as in the arguments', `${entity}\ntype Query { as(ids: [ID!]!): [A]! }`, []],
  ['a size', `${entity}\ntype B { as: [A!]! @listSize(assumedSize: 5) }`, []],
  [
    'a connection',
    `${entity}\ntype AConnection { nodes: [A!]! pageInfo: PageInfo! }\ntype PageInfo { a: Int }`,
    [],
  ],
  [
    'a list sized by the field that leads to it',
    `${entity}\ntype B { as(n: Int): Cs @listSize(slicingArguments: ["n"], sizedFields: ["items"]) }\ntype Cs { items: [A!]! }`,
    [],
  ],
  [
    'mutations, and what they return',
    `${entity}\ntype Mutation { m: [A!]! p: MPayload }\ntype MPayload { as: [A!]! }`,
    [],
  ],
  ['what federation adds', `${entity}\ntype Query { _entities(representations: [_Any!]!): [_Entity]! }`, []],
  [
    'a list that is only external',
    [
      `${entity}\ntype B @key(fields: "id") { id: ID! as: [A!]! @external }`,
      `${entity}\ntype B @key(fields: "id") { id: ID! as(first: Int): [A!]! }`,
    ],
    [],
  ],
]);

const cost = 'extend schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])';
lintTable('lint-list-cost', [
  ['no size', `${cost}\ntype Query { as: [A!]! }\ntype A { a: Int }`, ['a.graphql:2:14 Query.as']],
  [
    "federation's import",
    `${federation}\ntype Query { as(first: Int): [A!]! }\ntype A { a: Int }`,
    ['a.graphql:2:14 Query.as'],
  ],
  ['a size', `${cost}\ntype Query { as: [A!]! @listSize(assumedSize: 5) }\ntype A { a: Int }`, []],
  [
    'a size by another field',
    `${cost}\ntype Query { c(first: Int): Cs @listSize(slicingArguments: ["first"], sizedFields: ["as"]) }\ntype Cs { as: [A!]! }\ntype A { a: Int }`,
    [],
  ],
  ['no link', 'type Query { as: [A!]! }\ntype A { a: Int }', []],
  [
    'a link that imports neither',
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])\ntype Query { as: [A!]! }\ntype A { a: Int }',
    [],
  ],
  ['scalars', `${cost}\ntype Query { as: [Int!]! }`, []],
]);

lintTable('lint-nullable-list-item', [
  ['nullable items', 'type Query { a: [Int]! }', ['a.graphql:1:14 Query.a']],
  ['lists of an input', 'input AInput { a: [Int] }', ['a.graphql:1:16 AInput.a']],
  ['items that are not null', 'type Query { a: [Int!] }', []],
]);
