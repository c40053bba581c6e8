import { federation, lintTable } from '../../../test/checks/support/lint-table.ts';

lintTable('lint-id-type', [
  ['an id', 'type A { id: Int! }', ['a.graphql:1:10 A.id']],
  ['an id of an input', 'input AInput { id: String }', ['a.graphql:1:16 AInput.id']],
  ['a key', `${federation}\ntype A @key(fields: "upc") { upc: String! }`, ['a.graphql:2:30 A.upc']],
  [
    'a key under another name',
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")\ntype A @federation__key(fields: "upc") { upc: String! }',
    ['a.graphql:2:42 A.upc'],
  ],
  [
    'its interface: there alone',
    'interface I { id: Int! }\ntype A implements I { id: Int! }',
    ['a.graphql:1:15 I.id'],
  ],
  ['ID', 'type A { id: ID! }\ntype B { id: ID }', []],
  ["a scalar of one's own", 'scalar UUID\ntype A { id: UUID! }', []],
  [
    'a key of several fields',
    `${federation}\ntype A @key(fields: "sku country") { sku: String! country: String! }`,
    [],
  ],
  [
    'a key within another object',
    `${federation}\ntype A @key(fields: "b { c }") { b: B }\ntype B { c: String! }`,
    [],
  ],
  ['a key that is no selection', `${federation}\ntype A @key(fields: "b {") { b: String! }`, []],
  ['other fields', 'type A { upc: String! identifier: Int }', []],
]);
