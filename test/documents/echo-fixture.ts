/** A graph that answers with the arguments that it was asked with: every kind of place that a literal may be in. */
import { federated, type Fixture, type Resolver } from '../engine/fixtures/fixture.ts';

const types = `
  scalar Json
  enum Color { RED GREEN }
  input Near { place: String! km: Float = 1.5 tags: [String!] = ["a"] inner: Near color: Color extra: Json }
  interface Animal { id: ID! call(volume: Int!): String sound(times: Int): String }
  type Cat implements Animal { id: ID! call(volume: Int!): String sound(times: Int): String purr(at: ID): String }
  type Dog implements Animal { id: ID! call(volume: Int!): String sound(times: Int): String purr(at: Int): String }
  type Query {
    text(value: String): String
    int(value: Int = 7): Int
    float(value: Float): Float
    id(value: ID): ID
    flag(value: Boolean): Boolean
    color(value: Color = RED): Color
    json(value: Json): Json
    texts(values: [String]): [String]
    ids(values: [ID!]!): [ID]
    matrix(values: [[Int]]): [[Int]]
    near(near: Near): Json
    all(near: [Near!]): Json
    required(value: Int!): Int
    broken(why: String): String!
    animals: [Animal!]!
  }
  type Mutation { change(to: String): String }
`;

const echo: Resolver = (_, { value, values, near }) => value ?? values ?? near ?? null;
const animal: Readonly<Record<string, Resolver>> = {
  call: ({ id }, { volume }) => `${String(id)} at ${String(volume)}`,
  sound: ({ id }, { times }) => `${String(id)} ${String(times)} times`,
  purr: ({ id }, { at }) => `${String(id)} at ${JSON.stringify(at)}`,
};
const json: Resolver = (...asked) => JSON.parse(JSON.stringify(echo(...asked)));
const resolvers: Readonly<Record<string, Readonly<Record<string, Resolver>>>> = {
  Query: {
    ...Object.fromEntries(
      ['text', 'int', 'float', 'id', 'flag', 'color', 'json', 'texts', 'ids', 'matrix', 'required'].map(
        (name) => [name, echo],
      ),
    ),
    near: json,
    all: json,
    broken: () => null,
    animals: () => [
      { __typename: 'Cat', id: 'c1' },
      { __typename: 'Dog', id: 'd1' },
    ],
  },
  Mutation: { change: (_, { to }) => to ?? null },
  Cat: animal,
  Dog: animal,
};

export const echoFixture: Fixture = {
  name: 'echo',
  about: 'arguments of every kind, as they came',
  subgraphs: { echo: { typeDefs: federated(types), resolvers } },
  monolith: { typeDefs: types, resolvers },
  operations: [],
};
