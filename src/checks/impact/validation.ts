/** Whether a document is valid under a schema, as graphql-js says. */

import {
  GraphQLError,
  KnownTypeNamesRule,
  specifiedRules,
  validate,
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationContext,
} from 'graphql';

export interface InvalidOperation {
  /** Without its end mark. */
  readonly message: string;
  readonly nodes: readonly ASTNode[];
}

/** More are not looked for. */
export const errorsMax = 20;

const rules = specifiedRules.map((rule) => (rule === KnownTypeNamesRule ? KnownTypesRule : rule));

/** @returns At most 20 errors and one that says that there are more. */
export function errorsUnder(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation }: OperationDefinitionNode,
): readonly InvalidOperation[] {
  // No rule of validation says so.
  if (!schema.getRootType(operation)) return [{ message: `The schema has no ${operation} type`, nodes: [] }];
  const options = { maxErrors: errorsMax, hideSuggestions: true };
  return validate(schema, document, rules, options).map(({ message, nodes }) => ({
    message: message.endsWith('.') ? message.slice(0, -1) : message,
    nodes: nodes ?? [],
  }));
}

/** Like `KnownTypeNamesRule`, which copies the names of all types for each document. */
function KnownTypesRule(context: ValidationContext): ASTVisitor {
  return {
    NamedType(node) {
      if (context.getSchema().getType(node.name.value)) return;
      context.reportError(new GraphQLError(`Unknown type "${node.name.value}".`, { nodes: node }));
    },
  };
}
