/** Schema introspection: answers `__schema` and `__type` from the API schema. */

import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  print,
  visit,
  type ASTVisitor,
  type DirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValidationContext,
  type VariableNode,
} from 'graphql';

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { Clause } from '../pipeline/clause.ts';
import type { IntrospectionSpec } from '../pipeline/prepared.ts';
import { introspectSchema } from '../shared/schema-text.ts';
import { isSchemaField, type SchemaField } from './projection-spec.ts';

interface IntrospectionSelection {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Each with a unique key. */
  readonly fields: readonly SchemaField[];
}

/** @returns null for an operation without schema introspection. */
export function introspectionSpec(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  { fragments, fields }: IntrospectionSelection,
): IntrospectionSpec | null {
  if (fields.length === 0) return null;
  const selections = fields.flatMap(({ key, selections: nodes }) =>
    nodes.map(({ node, clause }) =>
      wrapInConditions(clause, { ...node, alias: { kind: Kind.NAME, value: key } }),
    ),
  );
  const used = usedBy(selections, fragments);
  const query: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    // Also for a mutation whose payload has a field of the query type.
    operation: OperationTypeNode.QUERY,
    // Required variables of other fields have no value here.
    variableDefinitions: variableDefinitions.filter(({ variable }) =>
      used.variables.has(variable.name.value),
    ),
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  const document = print({ kind: Kind.DOCUMENT, definitions: [query, ...used.fragments] });
  if (used.variables.size > 0) return { kind: 'ask', document };
  return { kind: 'answer', data: introspect(schema, document, new Map()) };
}

/** Refuses `__schema` and `__type`, for clients without introspection. */
export function noIntrospectionRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (isSchemaField(node))
        context.reportError(
          new GraphQLError('Introspection is switched off for this client', { nodes: [node] }),
        );
    },
  };
}

/** No member of `Object.prototype` begins with it. */
const variablePrefix = 'v_';

export function introspect(
  schema: GraphQLSchema,
  text: string,
  variables: CoercedVariables,
): Record<string, unknown> {
  // graphql-js keeps variables in a plain object, where `$__proto__` would set the prototype.
  const document = visit(parse(text), {
    Variable: ({ name }): VariableNode => ({
      kind: Kind.VARIABLE,
      name: { kind: Kind.NAME, value: `${variablePrefix}${name.value}` },
    }),
  });
  const variableValues = Object.fromEntries(
    [...variables].map(([name, value]) => [`${variablePrefix}${name}`, value]),
  );
  return introspectSchema(schema, { document, variableValues });
}

/** Wraps the field in inline fragments with the conditions of the clause. */
function wrapInConditions(clause: Clause, node: SelectionNode): SelectionNode {
  const directives: DirectiveNode[] = [
    ...clause.yes.map((variable) => condition('include', variable)),
    ...clause.no.map((variable) => condition('skip', variable)),
  ];
  return directives.reduce<SelectionNode>(
    (inner, directive) => ({
      kind: Kind.INLINE_FRAGMENT,
      directives: [directive],
      selectionSet: { kind: Kind.SELECTION_SET, selections: [inner] },
    }),
    node,
  );
}

function condition(name: 'include' | 'skip', variable: string): DirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: [
      {
        kind: Kind.ARGUMENT,
        name: { kind: Kind.NAME, value: 'if' },
        value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
      },
    ],
  };
}

interface Used {
  readonly variables: ReadonlySet<string>;
  readonly fragments: Iterable<FragmentDefinitionNode>;
}

/** Variables and fragments, also through other fragments. */
function usedBy(
  selections: readonly SelectionNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Used {
  const variables = new Set<string>();
  // Grows while it is walked.
  const spread = new Set<FragmentDefinitionNode>();
  const visitor: ASTVisitor = {
    Variable: ({ name }) => void variables.add(name.value),
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (fragment) spread.add(fragment);
    },
  };
  for (const selection of selections) visit(selection, visitor);
  for (const fragment of spread) visit(fragment, visitor);
  return { variables, fragments: spread };
}
