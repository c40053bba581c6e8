/** Deadlines of single fields of an in-process subgraph, as gateway.yaml has them. */

import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';

import { timedOut } from '../failures.ts';

/** By coordinate, with root types as the supergraph calls them: `Query.user`. */
export type FieldDeadlines = Readonly<Record<string, { readonly timeoutMs: number }>>;

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Wraps the resolvers of these fields, once; the others stay as they are. */
export function setFieldDeadlines(schema: GraphQLSchema, service: string, deadlines: FieldDeadlines): void {
  for (const [coordinate, { timeoutMs }] of Object.entries(deadlines)) {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = rootOf(schema, typeName) ?? schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (field) field.resolve = withDeadline(field.resolve ?? defaultFieldResolver, service, timeoutMs);
  }
}

function rootOf(schema: GraphQLSchema, typeName: string) {
  if (typeName === 'Query') return schema.getQueryType();
  return typeName === 'Mutation' ? schema.getMutationType() : undefined;
}

function withDeadline(resolve: Resolver, service: string, timeoutMs: number): Resolver {
  // oxlint-disable-next-line max-params -- a resolver of graphql-js
  return (source, args, context, info) => {
    const value = resolve(source, args, context, info);
    return value instanceof Promise ? inTime(value, service, timeoutMs) : value;
  };
}

/** What comes later is dropped; the sources that the resolver called have deadlines of their own. */
function inTime(value: Promise<unknown>, service: string, timeoutMs: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => reject(timedOut(service)), timeoutMs);
  value.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
