/**
 * A variable in a field of a `@oneOf` input type must not be nullable. graphql-js has that rule, but does not see the
 * type where it is non-null or in a list, as in `find(by: By!)`.
 */

import {
  getNamedType,
  GraphQLError,
  isInputObjectType,
  isNonNullType,
  Kind,
  typeFromAST,
  type ASTVisitor,
  type ValidationContext,
  type VariableDefinitionNode,
} from 'graphql';

export function oneOfVariablesRule(context: ValidationContext): ASTVisitor {
  let definitions = new Map<string, VariableDefinitionNode>();
  return {
    [Kind.OPERATION_DEFINITION]: {
      enter(operation) {
        definitions = new Map(
          operation.variableDefinitions?.map((definition) => [definition.variable.name.value, definition]),
        );
      },
      leave(operation) {
        for (const { node, parentType } of context.getRecursiveVariableUsages(operation)) {
          const oneOf = getNamedType(parentType);
          if (!isInputObjectType(oneOf) || !oneOf.isOneOf || isInputObjectType(parentType)) continue;
          const definition = definitions.get(node.name.value);
          if (!definition) continue;
          const type = typeFromAST(context.getSchema(), definition.type);
          if (!type || isNonNullType(type)) continue;
          const message = `Variable "$${node.name.value}" is of type "${type.toString()}" but must be non-nullable to be used for OneOf Input Object "${oneOf.name}".`;
          context.reportError(new GraphQLError(message, { nodes: [definition, node] }));
        }
      },
    },
  };
}
