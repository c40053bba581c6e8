import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import { expect, it } from 'vitest';

import { wrappersOf } from './type-wrappers.ts';

it.each([
  [GraphQLInt, ''],
  [new GraphQLNonNull(GraphQLInt), '!'],
  [new GraphQLList(GraphQLString), '['],
  [new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))), '![!'],
  [new GraphQLList(new GraphQLNonNull(new GraphQLList(GraphQLString))), '[!['],
])('wrappersOf: %s has the wrappers "%s"', (type, wrappers) => expect(wrappersOf(type)).toBe(wrappers));
