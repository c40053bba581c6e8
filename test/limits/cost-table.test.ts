/**
 * Operations with the cost that others give them: IBM's specification of cost directives, Apollo's documentation of
 * demand control and of federation's directives, and the tests of Apollo's router. Each row names its source.
 *
 * @see https://ibm.github.io/graphql-specs/cost-spec.html
 * @see https://www.apollographql.com/docs/graphos/routing/security/demand-control
 * @see https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives
 */
import { describe, expect, it } from 'vitest';

import { loadSupergraph } from '../../src/preparation/supergraph/supergraph.ts';
import { costedGraph, costedSupergraph, type CostedGraph } from './costed-graph.ts';

type Row = readonly [
  source: string,
  query: string,
  cost: number | string,
  variables?: Record<string, unknown>,
];

function check(graph: CostedGraph, rows: readonly Row[]): void {
  for (const [source, query, cost, variables] of rows) {
    it(`${source}: ${query} costs ${cost}`, () => expect(graph.costOf(query, variables)).toBe(cost));
  }
}

/**
 * The specification counts field cost and type cost apart; here they are one sum. With objects that cost 0 it is the
 * field cost alone, as in the examples.
 */
describe("IBM's specification, field cost", () => {
  const graph = costedGraph({
    products: `
      directive @approx(tolerance: Float! @cost(weight: -1)) on FIELD
      type Query {
        users(max: Int): [User] @cost(weight: 1) @listSize(slicingArguments: ["max"])
        topProducts(filter: Filter @cost(weight: 15)): [String] @cost(weight: 5) @listSize(assumedSize: 10)
        approxProducts(filter: ApproxFilter @cost(weight: 15)): [String] @cost(weight: 5) @listSize(assumedSize: 10)
        mostPopularProduct(approx: Approximate @cost(weight: -3)): Product @cost(weight: 5)
        cheapest(approx: Approximate @cost(weight: -9)): Product @cost(weight: 5)
      }
      enum Approximate { YES }
      input Filter { name: String }
      input ApproxFilter { approx: Approximate @cost(weight: -12) }
      type Product @cost(weight: 0) { id: ID price: Int @cost(weight: 3) }
      type User @cost(weight: 0) { name: String age: Int @cost(weight: 2) }
    `,
  });
  check(graph, [
    ['3, example 2: field cost 11.0', 'query Example { users(max: 5) { age } }', 11],
    ['7.1, scalars default to 0.0', '{ users(max: 5) { name } }', 1],
    ['5.3.2.2, example 10 without filter: 5.0', '{ topProducts }', 5],
    ['5.3.2.2, example 10 with filter: 20.0', '{ topProducts(filter: { name: "x" }) }', 20],
    [
      '5.3.2.2, example 10, a variable',
      'query ($f: Filter) { topProducts(filter: $f) }',
      20,
      { f: { name: 'x' } },
    ],
    ['5.3.2.2, example 10, no variable', 'query ($f: Filter) { topProducts(filter: $f) }', 5],
    ['5.3.2.2, example 11: 5.0', '{ mostPopularProduct { id } }', 5],
    ['5.3.2.2, example 11, approximate: 2.0', '{ mostPopularProduct(approx: YES) { id } }', 2],
    ['5.3.2.2, a negative sum is rounded up to zero', '{ cheapest(approx: YES) { id } }', 0],
    ['5.3.2.2, the fields below are not', '{ cheapest(approx: YES) { price } }', 3],
    ['5.3.2.2, example 12: 8.0', '{ approxProducts(filter: { approx: YES }) }', 8],
    [
      '5.3.2.2, example 12, a variable in the filter',
      'query ($a: Approximate) { approxProducts(filter: { approx: $a }) }',
      8,
      { a: 'YES' },
    ],
    [
      '5.3.2.2, example 13: -1.0 for the directive',
      '{ mostPopularProduct @approx(tolerance: 0.1) { id } }',
      4,
    ],
    [
      '5.3.2.2, example 13, for every field',
      '{ users(max: 5) @approx(tolerance: 1) { age @approx(tolerance: 1) } }',
      5,
    ],
  ]);
});

describe("IBM's specification, type cost and list sizes", () => {
  const graph = costedGraph({
    films: `
      scalar Name @cost(weight: 1)
      enum Genre @cost(weight: 2) { DRAMA }
      type Query {
        users(max: Int): [User] @listSize(slicingArguments: ["max"])
        topProducts: [Name] @listSize(assumedSize: 10)
        films(first: Int, after: ID, last: Int, before: ID): FilmConnection
          @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges"])
        either(first: Int, last: Int): [Film]
          @listSize(assumedSize: 7, slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
        byDefault(first: Int = 4): [Film] @listSize(slicingArguments: ["first"])
        node: Node
        thing: Thing
      }
      type User { name: String age: Int @cost(weight: 2) }
      type FilmConnection { edges: [FilmEdge] pageInfo: PageInfo }
      type FilmEdge { cursor: ID node: Film }
      type PageInfo { hasNextPage: Boolean }
      interface Node { id: ID }
      union Thing = Film | Studio
      type Film implements Node @cost(weight: 4) { id: ID genre: Genre rating: Int @cost(weight: 3) }
      type Studio implements Node @cost(weight: 6) { id: ID rating: Int @cost(weight: 9) }
    `,
  });
  const needsOne = 'Query.films needs exactly one of the arguments first, last';
  const open = 'query ($a: Int, $b: Int) { films(first: $a, last: $b) { edges { cursor } } }';
  check(graph, [
    ['3, example 2: 5 Users and 5 ages of 2.0', '{ users(max: 5) { age } }', 15],
    ['5.3.1.1, scalars count by their type', '{ topProducts }', 10],
    ['8.1, example 16: assumedSize', '{ a: topProducts b: topProducts }', 20],
    ['8.2, example 17: max', 'query ($max: Int!) { users(max: $max) { name } }', 12, { max: 12 }],
    ['8.2, a default of the schema counts as given', '{ byDefault { id } }', 16],
    ['8.2, the largest of several', '{ either(first: 2, last: 3) { id } }', 12],
    ['8.3, example 18: edges are sized', '{ films(first: 5) { edges { cursor } } }', 6],
    [
      '8.3, example 18: and what is below',
      '{ films(last: 5) { edges { node { id } } pageInfo { hasNextPage } } }',
      27,
    ],
    ['8.4, none is present', '{ films { edges { cursor } } }', needsOne],
    ['8.4, several are present', '{ films(first: 1, last: 1) { edges { cursor } } }', needsOne],
    ['8.4, null is not present', '{ films(first: null) { edges { cursor } } }', needsOne],
    ['8.4, one by a variable', open, 4, { b: 3 }],
    ['8.4, none by a variable', open, needsOne],
    ['8.4, several by variables', open, needsOne, { a: 1, b: 1 }],
    ['9.2.4, slicing arguments before assumedSize', '{ either(first: 2) { id } }', 8],
    ['9.2.4, assumedSize without them', '{ either { id } }', 28],
    ['7.2, an interface: the largest weight of its members', '{ node { id } }', 6],
    [
      '7.2, a union: of the dearest member with its fields',
      '{ thing { ... on Film { rating } ... on Studio { id } } }',
      7,
    ],
    ['9.1.1, a field of an interface: of its members', '{ node { ... on Studio { rating } } }', 15],
    ['7.2, an enum', '{ thing { ... on Film { genre } } }', 6],
  ]);
});

describe('Apollo, demand control', () => {
  const book = (address: string): string => `
    type Query {
      book(id: ID): Book
      bestsellers: [Book] @listSize(assumedSize: 5)
      newestAdditions(after: ID, limit: Int!): [Book] @listSize(slicingArguments: ["limit"])
      items(first: Int, last: Int): [Item!] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
      oneOf(first: Int, last: Int): [Item!] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: true)
      cursor(first: Int): Cursor! @listSize(slicingArguments: ["first"], sizedFields: ["page"])
    }
    type Mutation { doSomething: Int }
    type Book { title: String author: Author publisher: Publisher }
    type Author { name: String }
    type Publisher { name: String address: Address }
    type Address ${address} { zipCode: Int! }
    type Cursor { page: [Item!] nextPageToken: String }
    type Item @key(fields: "id") { id: ID }
  `;
  const fields = '{ title author { name } publisher { name address { zipCode } } }';
  check(costedGraph({ books: book('') }), [
    ['the cost of 4', `query BookQuery { book(id: 1) ${fields} }`, 4],
  ]);
  check(costedGraph({ books: book('@cost(weight: 5)') }), [
    ['from 4 to 8', `query BookQuery { book(id: 1) ${fields} }`, 8],
    ['a cost of 40', `query BestsellersQuery { bestsellers ${fields} }`, 40],
    ['the cost of this query as 24', `query NewestAdditions { newestAdditions(limit: 3) ${fields} }`, 24],
    ['increased to 7: 56', `query NewestAdditions { newestAdditions(limit: 7) ${fields} }`, 56],
    ['a mutation costs 10', 'mutation { doSomething }', 10],
    ['@listSize, the maximum of all specified', '{ items(first: 5, last: 10) { id } }', 10],
    [
      '@listSize, two are an error',
      '{ oneOf(first: 5, last: 10) { id } }',
      'Query.oneOf needs exactly one of the arguments first, last',
    ],
    ['@listSize, cursor support', '{ cursor(first: 8) { page { id } nextPageToken } }', 9],
  ]);
});

describe("Apollo's router, basic_schema with lists of 100", () => {
  const graph = costedGraph(
    {
      basic: `
        type Query {
          getScalar(id: ID): String
          getScalarByObject(args: OuterInput): String
          anotherScalar: Int
          object1: FirstObjectType
          interfaceInstance1: MyInterface
          someUnion: UnionOfObjectTypes
          someObjects: [FirstObjectType]
          intList: [Int]
          getObjectsByObject(args: OuterInput): [SecondObjectType]
        }
        type FirstObjectType { field1: Int innerList: [SecondObjectType] }
        interface MyInterface { field2: String }
        type SecondObjectType implements MyInterface { field1: Int field2: String }
        union UnionOfObjectTypes = FirstObjectType | SecondObjectType
        input InnerInput { id: ID }
        input OuterInput { inner: InnerInput inner2: InnerInput listOfInner: [InnerInput!] }
      `,
    },
    { listSize: 100 },
  );
  const args = 'args: { inner: { id: 1 }, listOfInner: [{ id: 2 }, { id: 3 }] }';
  check(graph, [
    ['query_cost', '{ getScalar(id: 1) anotherScalar }', 0],
    ['object_cost', '{ object1 { field1 } }', 1],
    ['interface_cost', '{ interfaceInstance1 { field2 } }', 1],
    ['union_cost', '{ someUnion { ... on FirstObjectType { field1 } } }', 1],
    ['list_cost', '{ someObjects { field1 } }', 100],
    ['scalar_list_cost', '{ intList }', 0],
    ['nested_object_lists', '{ someObjects { innerList { field1 } } }', 10100],
    ['input_object_cost', `{ getScalarByObject(${args}) }`, 4],
    ['input_object_cost_with_returned_objects', `{ getObjectsByObject(${args}) { field1 } }`, 104],
    ['skip_directive_excludes_cost', '{ object1 @skip(if: true) { field1 } anotherScalar }', 0],
    ['include_directive_excludes_cost', '{ object1 @include(if: false) { field1 } anotherScalar }', 0],
    [
      'fragments_cost',
      `{ interfaceInstance1 { field2 ...narrowFrag } someUnion { ...narrowFrag ... on FirstObjectType { innerList { ...widenFrag } } } }
       fragment narrowFrag on SecondObjectType { field1 } fragment widenFrag on MyInterface { field2 }`,
      102,
    ],
  ]);
});

describe("Apollo's router, custom_cost_schema", () => {
  const graph = costedGraph(
    {
      costs: `
        enum AorB @cost(weight: 15) { A B }
        scalar ExpensiveInt @cost(weight: 30)
        type ExpensiveObject @cost(weight: 40) { id: ID }
        input InputTypeWithCost { somethingWithCost: Int @cost(weight: 20) }
        type Query {
          fieldWithCost: Int @cost(weight: 5)
          argWithCost(arg: Int @cost(weight: 10)): Int
          enumWithCost: AorB
          inputWithCost(someInput: InputTypeWithCost): Int
          scalarWithCost: ExpensiveInt
          objectWithCost: ExpensiveObject
        }
      `,
      sizes: `
        type A { id: ID }
        type Query {
          fieldWithListSize: [String!] @listSize(assumedSize: 2000, requireOneSlicingArgument: false)
          fieldWithDynamicListSize(first: Int = 10): SizedField
            @listSize(slicingArguments: ["first"], sizedFields: ["items"])
          itemsByIds(ids: [ID!]!): [A] @listSize(slicingArguments: ["ids"])
          itemsByIdsWithAssumedSize(ids: [ID!]): [A]
            @listSize(slicingArguments: ["ids"], assumedSize: 50, requireOneSlicingArgument: false)
          search(input: SearchInput!): [A] @listSize(slicingArguments: ["input.pagination.first"])
          searchWithAssumedSize(input: SearchInput): [A]
            @listSize(slicingArguments: ["input.pagination.first"], assumedSize: 25, requireOneSlicingArgument: false)
          deepContainerWithNestedList(first: Int = 10): DeepContainer!
            @listSize(slicingArguments: ["first"], sizedFields: ["results { page }"], requireOneSlicingArgument: false)
          deepContainerWithMixedSizedFields(first: Int = 10): DeepContainer!
            @listSize(slicingArguments: ["first"], sizedFields: ["page", "results { page }"], requireOneSlicingArgument: false)
          twice(first: Int, ids: [ID!]): [A]
            @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false, assumedSize: 3)
            @listSize(slicingArguments: ["ids"], requireOneSlicingArgument: false)
        }
        type ResultContainer { page: [A] metadata: String }
        type DeepContainer { page: [A] results: ResultContainer total: Int }
        type SizedField { items: [A] }
        input PaginationInput { first: Int after: String }
        input SearchInput { pagination: PaginationInput query: String }
      `,
    },
    { listSize: 100 },
  );
  const custom = (input: string, slice: string): string => `
    fieldWithCost argWithCost(arg: 3) enumWithCost inputWithCost(someInput: ${input}) scalarWithCost
    objectWithCost { id } fieldWithListSize fieldWithDynamicListSize${slice} { ...Items }`;
  const items = 'fragment Items on SizedField { items { id } }';
  const variables = { costlyInput: { somethingWithCost: 10 }, fieldCountVar: 5 };
  const search = 'query Q($input: SearchInput!) { search(input: $input) { id } }';
  const assumed = 'query Q($input: SearchInput) { searchWithAssumedSize(input: $input) { id } }';
  const byIds = 'query Q($ids: [ID!]!) { itemsByIds(ids: $ids) { id } }';
  const byIdsOrAssumed = 'query Q($ids: [ID!]) { itemsByIdsWithAssumedSize(ids: $ids) { id } }';
  check(graph, [
    ['custom_cost_query', `{ ${custom('{ somethingWithCost: 10 }', '(first: 5)')} } ${items}`, 127],
    ['with_default_slicing_argument', `{ ${custom('{ somethingWithCost: 10 }', '')} } ${items}`, 132],
    [
      'with_variable_slicing_argument',
      `query V($costlyInput: InputTypeWithCost, $fieldCountVar: Int) { ${custom('$costlyInput', '(first: $fieldCountVar)')} } ${items}`,
      127,
      variables,
    ],
    ['inline_array_of_3', '{ itemsByIds(ids: ["a", "b", "c"]) { id } }', 3],
    ['empty_inline_array', '{ itemsByIds(ids: []) { id } }', 0],
    ['variable_array_of_5', byIds, 5, { ids: ['a', 'b', 'c', 'd', 'e'] }],
    ['null_variable', byIdsOrAssumed, 50, { ids: null }],
    ['missing_variable', byIdsOrAssumed, 50],
    ['inline_nested_first_10', '{ search(input: { pagination: { first: 10 } }) { id } }', 12],
    ['inline_nested_first_5', '{ search(input: { pagination: { first: 5 }, query: "test" }) { id } }', 7],
    ['variable_nested_object', search, 9, { input: { pagination: { first: 7 }, query: 'test' } }],
    ['missing_nested_value', assumed, 27, { input: { pagination: {} } }],
    ['missing_pagination', assumed, 26, { input: {} }],
    ['null_input', assumed, 25, { input: null }],
    [
      'nested_sized_fields_two_levels',
      '{ deepContainerWithNestedList(first: 7) { results { page { id } } } }',
      9,
    ],
    [
      'nested_sized_fields_with_variable',
      'query Q($n: Int!) { deepContainerWithNestedList(first: $n) { results { page { id } } } }',
      5,
      { n: 3 },
    ],
    [
      'nested_sized_fields_with_default_value',
      '{ deepContainerWithNestedList { results { page { id } } } }',
      12,
    ],
    ['nested_sized_fields_not_selected', '{ deepContainerWithNestedList(first: 100) { total } }', 1],
    [
      'intermediate_container_without_sized_field',
      '{ deepContainerWithNestedList(first: 100) { results { metadata } } }',
      2,
    ],
    [
      'mixed_sized_fields_single_and_nested',
      '{ deepContainerWithMixedSizedFields(first: 5) { page { id } results { page { id } } } }',
      12,
    ],
    [
      'several @listSize on one field: the largest',
      '{ twice(first: 2, ids: ["a", "b", "c", "d"]) { id } }',
      4,
    ],
    ['several @listSize on one field: what is known', '{ twice { id } }', 3],
  ]);
});

describe("Apollo's router, type_cost_schema and negative_cost_schema", () => {
  const graph = costedGraph({
    types: `
      type Query {
        cheapAnimal: Animal
        searchResult: SearchResult
        mixedUnion: MixedUnion
        noCostInterface: NoCostAnimal
        fieldWithExactZeroCost(offset: Int @cost(weight: -10)): String @cost(weight: 10)
        fieldWithPartialNegativeArg(offset: Int @cost(weight: -3)): String @cost(weight: 10)
        fieldWithMixedArgs(a: Int @cost(weight: -30), b: Int @cost(weight: 5)): String @cost(weight: 10)
        nestedObjectWithNegativeArgCost(discount: Int @cost(weight: -50)): NegCostObject @cost(weight: 5)
      }
      interface Animal { name: String }
      type Cat implements Animal @cost(weight: 3) { name: String }
      type Dog implements Animal @cost(weight: 5) { name: String }
      interface NoCostAnimal { name: String }
      type Fish implements NoCostAnimal { name: String }
      union SearchResult = Article | Video
      type Article @cost(weight: 2) { title: String }
      type Video @cost(weight: 8) { url: String }
      union MixedUnion = CostlyMember | Fish
      type CostlyMember @cost(weight: 10) { value: String }
      type NegCostObject { id: ID inner: InnerObject }
      type InnerObject { value: String }
    `,
  });
  check(graph, [
    ['interface_uses_max_cost_from_implementations', '{ cheapAnimal { name } }', 5],
    ['interface_without_cost_on_implementations_defaults_to_one', '{ noCostInterface { name } }', 1],
    [
      'union_uses_max_cost_from_members',
      '{ searchResult { ... on Article { title } ... on Video { url } } }',
      8,
    ],
    ['union_with_mixed_cost_uses_max', '{ mixedUnion { ... on CostlyMember { value } } }', 10],
    ['exact_zero_stays_zero', '{ fieldWithExactZeroCost(offset: 1) }', 0],
    ['positive_result_not_clamped', '{ fieldWithPartialNegativeArg(offset: 1) }', 7],
    ['mixed_args_net_negative_clamps_to_zero', '{ fieldWithMixedArgs(a: 1, b: 1) }', 0],
    [
      'child_cost_preserved_when_field_cost_clamps',
      '{ nestedObjectWithNegativeArgCost(discount: 1) { inner { value } } }',
      2,
    ],
  ]);
});

it("rounds the sum of fractional weights up: IBM's specification writes them as strings", () => {
  const composed = costedGraph({ one: 'type Query { a: Int @cost(weight: 1) b: Int @cost(weight: 2) }' });
  const sdl = composed.supergraph.sdl
    .replace('weight: Int!', 'weight: String!')
    .replace('weight: 1', 'weight: "0.1"')
    .replace('weight: 2', 'weight: "2.0"');
  const graph = costedSupergraph(loadSupergraph(sdl));
  expect(graph.costOf('{ a b }')).toBe(3);
  expect(graph.costOf('{ b }')).toBe(2);
  expect(graph.costOf(`{ ${Array.from({ length: 10 }, (_, index) => `a${index}: a`).join(' ')} }`)).toBe(1);
});
