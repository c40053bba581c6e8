/** Walks the directives of schema documents. The visitor of graphql-js takes many times as long over a large one. */

import type { ASTNode, ConstDirectiveNode, DocumentNode } from 'graphql';

/** What a definition, a field, an argument and an enum value have of this. */
interface Annotated {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
  readonly fields?: readonly Annotated[] | undefined;
  readonly arguments?: readonly Annotated[] | undefined;
  readonly values?: readonly Annotated[] | undefined;
}

type SchemaElementNode = Extract<
  ASTNode,
  { readonly directives?: readonly ConstDirectiveNode[] | undefined }
>;

/** Calls `use` with each directive that is applied in a schema document, in the order of the text. */
export function eachDirective(document: DocumentNode, use: (directive: ConstDirectiveNode) => void): void {
  for (const definition of document.definitions) eachDirectiveOf(definition as SchemaElementNode, use);
}

function eachDirectiveOf(node: Annotated, use: (directive: ConstDirectiveNode) => void): void {
  for (const argument of node.arguments ?? []) eachDirectiveOf(argument, use);
  for (const directive of node.directives ?? []) use(directive);
  for (const field of node.fields ?? []) eachDirectiveOf(field, use);
  for (const value of node.values ?? []) eachDirectiveOf(value, use);
}
