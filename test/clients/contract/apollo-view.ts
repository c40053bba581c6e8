/** A second opinion: the API schema that Apollo makes of the supergraph where what is hidden is `@inaccessible`. */
import { Supergraph } from '@apollo/federation-internals';
import {
  isTypeDefinitionNode,
  Kind,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
} from 'graphql';

const inaccessible: ConstDirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'inaccessible' },
};
const inaccessibleLink = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)';
const inaccessibleDefinition = `
  directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM
    | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
`;

/** @throws What Apollo has against hiding exactly these. */
export function apolloView(supergraphSdl: string, hidden: ReadonlySet<string>): GraphQLSchema {
  const marked = marking(withInaccessible(supergraphSdl), hidden);
  return Supergraph.build(print(marked)).apiSchema().toGraphQLJSSchema();
}

export function sortedText(schema: GraphQLSchema): string {
  return printSchema(lexicographicSortSchema(schema));
}

function withInaccessible(supergraphSdl: string): DocumentNode {
  if (supergraphSdl.includes('https://specs.apollo.dev/inaccessible/')) return parse(supergraphSdl);
  return parse(supergraphSdl.replace(/^schema\n/m, `schema ${inaccessibleLink}\n`) + inaccessibleDefinition);
}

function marking(document: DocumentNode, hidden: ReadonlySet<string>): DocumentNode {
  return { ...document, definitions: document.definitions.map((node) => markedDefinition(node, hidden)) };
}

function markedDefinition(node: DefinitionNode, hidden: ReadonlySet<string>): DefinitionNode {
  if (!isTypeDefinitionNode(node)) return node;
  const type = node.name.value;
  const marked = markedNode(node, hidden.has(type));
  if (marked.kind === Kind.ENUM_TYPE_DEFINITION) {
    const values = marked.values?.map((value) =>
      markedNode(value, hidden.has(`${type}.${value.name.value}`)),
    );
    return { ...marked, values: values ?? [] };
  }
  if (marked.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
    return {
      ...marked,
      fields: marked.fields?.map((field) => markedInput(field, `${type}.${field.name.value}`, hidden)) ?? [],
    };
  if (!('fields' in marked)) return marked;
  const fields = marked.fields?.map((field) => {
    const coordinate = `${type}.${field.name.value}`;
    const args = field.arguments?.map((argument) =>
      markedInput(argument, `${coordinate}(${argument.name.value}:)`, hidden),
    );
    return markedNode({ ...field, arguments: args ?? [] }, hidden.has(coordinate));
  });
  return { ...marked, fields: fields ?? [] };
}

function markedInput(
  node: InputValueDefinitionNode,
  coordinate: string,
  hidden: ReadonlySet<string>,
): InputValueDefinitionNode {
  return markedNode(node, hidden.has(coordinate));
}

function markedNode<Node extends { readonly directives?: readonly ConstDirectiveNode[] | undefined }>(
  node: Node,
  isHidden: boolean,
): Node {
  const directives = node.directives ?? [];
  const isMarked = directives.some(({ name }) => name.value === 'inaccessible');
  return isHidden && !isMarked ? { ...node, directives: [...directives, inaccessible] } : node;
}
