/** Answers `__schema` and `__type` from the schema the client may see. */

import {
  executeSync,
  Kind,
  OperationTypeNode,
  parse,
  print,
  visit,
  type DirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableNode,
} from 'graphql';

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { Clause, IntrospectionSpec } from '../pipeline/prepared.ts';
import type { SchemaField } from './projection-spec.ts';

interface Asked {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Each with a key that no other one has. */
  readonly fields: readonly SchemaField[];
}

/**
 * @returns null for an operation that does not ask about the schema.
 */
export function introspectionSpec(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  { fragments, fields }: Asked,
): IntrospectionSpec | null {
  if (fields.length === 0) return null;
  const selections = fields.flatMap(({ key, selections: nodes }) =>
    nodes.map(({ node, clause }) => under(clause, { ...node, alias: { kind: Kind.NAME, value: key } })),
  );
  const query: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    // Also for a mutation whose answer leads back to the query type.
    operation: OperationTypeNode.QUERY,
    variableDefinitions,
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  const document = print({ kind: Kind.DOCUMENT, definitions: [query, ...fragments.values()] });
  if (usesVariables(selections, fragments)) return { kind: 'ask', document };
  return { kind: 'answer', data: introspect(schema, document, new Map()) };
}

/** Begins no member of `Object.prototype`. */
const variablePrefix = 'v_';

export function introspect(
  schema: GraphQLSchema,
  text: string,
  variables: CoercedVariables,
): Record<string, unknown> {
  // graphql-js keeps variables in a plain object, which `$__proto__` would not become a member of.
  const document = visit(parse(text), {
    Variable: ({ name }): VariableNode => ({
      kind: Kind.VARIABLE,
      name: { kind: Kind.NAME, value: `${variablePrefix}${name.value}` },
    }),
  });
  const variableValues = Object.fromEntries(
    [...variables].map(([name, value]) => [`${variablePrefix}${name}`, value]),
  );
  const { data, errors } = executeSync({ schema, document, variableValues });
  if (!data) throw new Error(`Introspection failed: ${errors?.[0]?.message ?? 'no data'}`);
  return data;
}

/** The field inside inline fragments that carry the clause. */
function under(clause: Clause, node: SelectionNode): SelectionNode {
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

/** Fragments are looked at as a whole: one too many only costs a question to the worker. */
function usesVariables(
  selections: readonly SelectionNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  let found = false;
  const look = { Variable: () => void (found = true) };
  for (const selection of selections) visit(selection, look);
  for (const fragment of fragments.values()) visit(fragment, look);
  return found;
}
