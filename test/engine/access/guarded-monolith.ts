/** The monolith under the same rules: graphql-js runs them around its resolvers, as graphql-shield would. */
import { defaultFieldResolver, GraphQLError, isObjectType, type GraphQLFieldResolver } from 'graphql';

import type { Fixture, Row } from '../fixtures/fixture.ts';
import { runnerOf } from '../oracle/compose.ts';
import { monolithSchema, type Oracle } from '../oracle/monolith.ts';
import { conceal, ownerField, rulesOf, verdictOf } from './rules.ts';

type Resolve = GraphQLFieldResolver<Row, unknown>;

export function openGuardedMonolith(fixture: Fixture, roles: readonly string[], seed: number): Oracle {
  const schema = monolithSchema(fixture.monolith);
  const plain = monolithSchema(fixture.monolith);
  for (const [coordinate, name] of rulesOf(plain, seed)) {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field) continue;
    const resolve: Resolve = field.resolve ?? defaultFieldResolver;
    const owner = ownerField(plain, typeName);
    field.resolve = async (parent: Row, args, context, info) => {
      // The owner is told from the field itself, without the rule that guards it.
      const value =
        owner === undefined ? undefined : await unguarded(plain, typeName, owner, parent, context, info);
      const verdict = verdictOf(name, roles, () => value);
      if (verdict === false) throw new GraphQLError('denied', { extensions: { code: 'DENIED' } });
      const result: unknown = await resolve(parent, args, context, info);
      return verdict === 'mask' ? conceal(result) : result;
    };
  }
  const run = runnerOf(schema);
  return {
    run: ({ query, variables = {}, operationName }) => run(query, variables, operationName),
    close: () => Promise.resolve(),
  };
}

async function unguarded(
  plain: ReturnType<typeof monolithSchema>,
  typeName: string,
  fieldName: string,
  parent: Row,
  ...[context, info]: [unknown, Parameters<Resolve>[3]]
): Promise<unknown> {
  const type = plain.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  try {
    return await (field?.resolve ?? defaultFieldResolver)(parent, {}, context, { ...info, fieldName });
  } catch {
    // A backend that does not answer gives no value.
    return null;
  }
}
