/** What a contract hides beside what has a tag, case by case; Apollo must agree that the rest is a schema. */
import { validateSchema, type GraphQLSchema } from 'graphql';
import { describe, expect, it } from 'vitest';

import type { Contract } from '../../../src/pipeline/contract.ts';
import { openContract } from '../../../src/preparation/contract/contract.ts';
import { apolloView, sortedText } from './apollo-view.ts';
import { composedGraph, contractOf } from './graph.ts';

interface Case {
  readonly title: string;
  readonly schema: string;
  readonly contract?: Partial<Contract>;
  /** Coordinates, all of them. */
  readonly hides: readonly string[];
  /** What Apollo has against it. Default: nothing. */
  readonly apolloRefuses?: RegExp;
}

const cases: readonly Case[] = [
  {
    title: 'a field whose type is excluded',
    schema: `
      type Query { product: Product }
      type Product { id: ID cost: Money }
      type Money @tag(name: "internal") { amount: Int }
    `,
    hides: ['Money', 'Product.cost'],
  },
  {
    title: 'an enum of which every value is excluded, with its field',
    schema: `
      type Query { id: ID status: Status }
      enum Status { OPEN @tag(name: "internal") CLOSED @tag(name: "internal") }
    `,
    hides: ['Status', 'Status.OPEN', 'Status.CLOSED', 'Query.status'],
  },
  {
    title: 'an argument with an excluded enum value as its default, and stays without it',
    schema: `
      type Query { orders(status: Status = DRAFT, first: Int): ID }
      enum Status { OPEN DRAFT @tag(name: "internal") }
    `,
    hides: ['Status.DRAFT', 'Query.orders(status:)'],
  },
  {
    title: 'an input type of which a required field is excluded, and all that require it',
    schema: `
      type Query { id: ID find(by: Key!): ID list(by: Key): ID }
      input Key { id: ID secret: ID! @tag(name: "internal") }
      input Outer { key: Key! other: ID }
      input Optional { key: Key other: ID }
      type Mutation { outer(by: Outer): ID optional(by: Optional): ID }
    `,
    hides: [
      'Key.secret',
      'Key',
      'Query.find(by:)',
      'Query.find',
      'Query.list(by:)',
      'Outer.key',
      'Outer',
      'Mutation.outer(by:)',
      'Optional.key',
    ],
  },
  {
    title: 'an optional argument whose input type is empty',
    schema: `
      type Query { list(by: Filter): ID }
      input Filter { a: ID @tag(name: "internal") b: ID @tag(name: "internal") }
    `,
    hides: ['Filter', 'Filter.a', 'Filter.b', 'Query.list(by:)'],
  },
  {
    title: 'a union without members, with its field',
    schema: `
      type Query { id: ID search: Result }
      union Result = A | B
      type A @tag(name: "internal") { id: ID }
      type B { id: ID @tag(name: "internal") }
    `,
    hides: ['A', 'B', 'B.id', 'Result', 'Query.search'],
  },
  {
    title: 'an interface field that one implementation hides',
    schema: `
      type Query { node: Node }
      interface Node { id: ID name: String }
      type A implements Node { id: ID name: String @tag(name: "internal") }
      type B implements Node { id: ID name: String }
    `,
    hides: ['A.name', 'Node.name'],
  },
  {
    title: 'an excluded interface, and its implementation stays',
    schema: `
      type Query { a: A node: Node }
      interface Node @tag(name: "internal") { id: ID }
      type A implements Node { id: ID }
    `,
    hides: ['Node', 'Query.node'],
  },
  {
    title: 'no enum, scalar or argument for want of an included tag',
    contract: { include: ['public'] },
    schema: `
      type Query { at(zone: Zone, format: Format): Time @tag(name: "public") other: Time }
      enum Zone { HERE THERE }
      input Format { long: Boolean }
      scalar Time
    `,
    hides: ['Query.other'],
  },
  {
    title: 'a field of an included type that returns a type without included fields',
    contract: { include: ['public'] },
    schema: `
      type Query @tag(name: "public") { user: User id: ID }
      type User { name: String }
    `,
    hides: ['User.name', 'User', 'Query.user'],
  },
  {
    title: 'the argument of a directive whose type is excluded',
    schema: `
      directive @in(unit: Unit, digits: Int) on FIELD
      directive @only(unit: Unit!) on FIELD
      type Query { length: Int }
      enum Unit @tag(name: "internal") { METRE }
    `,
    hides: ['Unit', '@in(unit:)', '@only(unit:)', '@only'],
    apolloRefuses: /Type "Unit" is @inaccessible but is referenced by "@in\(unit:\)"/,
  },
  {
    title: 'an excluded key, and its type stays',
    schema: `
      type Query { user: User }
      type User @key(fields: "internalId") { internalId: ID @tag(name: "internal") name: String }
    `,
    hides: ['User.internalId'],
  },
  {
    title: 'a mutation type without fields',
    schema: `
      type Query { id: ID }
      type Mutation { pay: ID @tag(name: "internal") }
    `,
    hides: ['Mutation.pay', 'Mutation'],
  },
  {
    title: 'one field of the subscriptions',
    schema: `
      type Query { id: ID }
      type Subscription { paid: ID @tag(name: "internal") shipped: ID }
    `,
    hides: ['Subscription.paid'],
  },
  {
    title: 'what is excluded beside what is inaccessible to all',
    schema: `
      type Query { a: A b: B @inaccessible c(x: Int @inaccessible, y: Int @tag(name: "internal")): ID }
      type A { id: ID secret: ID @tag(name: "internal") @inaccessible other: Mode }
      type B @inaccessible { id: ID }
      enum Mode { ON @inaccessible OFF @tag(name: "internal") }
    `,
    hides: ['Query.c(y:)', 'Mode.OFF', 'Mode', 'A.other'],
  },
  {
    title: 'all implementations, and the interface stays',
    schema: `
      type Query { node: Node }
      interface Node { id: ID }
      type A implements Node @tag(name: "internal") { id: ID }
      type B implements Node { id: ID @tag(name: "internal") }
    `,
    hides: ['A', 'B.id', 'B'],
  },
];

describe('hides', () => {
  it.each(cases)('$title', ({ schema, contract, hides, apolloRefuses }) => {
    const graph = composedGraph({ only: schema });
    const view = openContract(graph, contractOf(contract ?? { exclude: ['internal'] }));
    expect([...view.hidden.keys()].sort()).toEqual(hides.toSorted());
    expect(validateSchema(view.schema)).toEqual([]);
    const apollo = (): GraphQLSchema => apolloView(graph.supergraphSdl, new Set(hides));
    if (apolloRefuses) expect(apollo).toThrow(apolloRefuses);
    else expect(sortedText(view.schema)).toBe(sortedText(apollo()));
  });
});
