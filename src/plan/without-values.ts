/**
 * What clients are told of a document that is no good, without the values in it: errors are collected and shown in
 * places where nobody expects a password. The location says where it stands.
 */

import { GraphQLError, Kind, print, type ASTNode } from 'graphql';

export function withoutValues(error: GraphQLError): string {
  let { message } = error;
  for (const node of error.nodes ?? []) {
    const value = valueText(node);
    // Messages end with it, or with what else it may have been.
    const at = value === undefined ? -1 : message.lastIndexOf(value);
    if (value !== undefined && at >= 0) {
      message = `${message.slice(0, at)}this value${message.slice(at + value.length)}`;
    }
  }
  // Errors of the parser have no nodes.
  return message.replace(/\b(String|BlockString|Int|Float) "[^]*"/, '$1');
}

const valueKinds: ReadonlySet<string> = new Set([
  Kind.STRING,
  Kind.INT,
  Kind.FLOAT,
  Kind.BOOLEAN,
  Kind.LIST,
  Kind.OBJECT,
]);

function valueText(node: ASTNode): string | undefined {
  return valueKinds.has(node.kind) ? print(node) : undefined;
}
