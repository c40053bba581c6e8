/** Fields of `Mutation` of an in-process subgraph run one after the other: none sees what was loaded before it began. */

import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';

import type { RequestContext } from '../../pipeline/request.ts';
import { forgetLoadedValues } from '../../shared/loaded-values.ts';

export interface LocalContext {
  readonly request: RequestContext;
}

type Resolver = GraphQLFieldResolver<unknown, LocalContext>;

/** Wraps their resolvers, once. */
export function setMutationFields(schema: GraphQLSchema): void {
  const fields = schema.getMutationType()?.getFields() ?? {};
  for (const field of Object.values(fields))
    field.resolve = forgetting(field.resolve ?? defaultFieldResolver);
}

function forgetting(resolve: Resolver): Resolver {
  return (...call) => {
    const [, , context] = call;
    forgetLoadedValues(context.request.locals);
    return resolve(...call);
  };
}
