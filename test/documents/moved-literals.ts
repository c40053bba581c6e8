/** A document with the literals of its arguments moved into variables, by graphql-js. */

import {
  Kind,
  parse,
  parseType,
  print,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type ArgumentNode,
  type GraphQLSchema,
  type VariableDefinitionNode,
} from 'graphql';

import type { WrittenOperation } from '../engine/random/write.ts';

type Operation = Pick<WrittenOperation, 'query' | 'variables'>;

/** Equal values of one type are one variable, so that what could be merged still can. */
export function withMovedLiterals(schema: GraphQLSchema, { query, variables }: Operation): Operation {
  const types = new TypeInfo(schema);
  const definitions = new Map<string, VariableDefinitionNode>();
  const values: Record<string, unknown> = { ...variables };
  const moved = visit(
    parse(query),
    visitWithTypeInfo(types, {
      Directive: () => false,
      Argument(argument): ArgumentNode | undefined {
        const type = types.getInputType();
        if (!type || hasVariable(argument)) return undefined;
        const text = `${String(type)} ${print(argument.value)}`;
        const name = definitions.get(text)?.variable.name.value ?? `moved${definitions.size}`;
        const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } as const;
        definitions.set(text, {
          kind: Kind.VARIABLE_DEFINITION,
          variable,
          type: parseType(String(type)),
        });
        values[name] = valueFromASTUntyped(argument.value);
        return { ...argument, value: variable };
      },
    }),
  );
  const defined = visit(moved, {
    OperationDefinition: (operation) => ({
      ...operation,
      variableDefinitions: [...(operation.variableDefinitions ?? []), ...definitions.values()],
    }),
  });
  return { query: print(defined), variables: values };
}

function hasVariable(argument: ArgumentNode): boolean {
  let isFound = false;
  visit(argument, { Variable: () => void (isFound = true) });
  return isFound;
}
