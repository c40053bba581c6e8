/**
 * What clients are told of a document that is no good, without the values in it: errors are collected and shown in
 * places where nobody expects a password. The location says where it stands.
 */

import { Kind, print, type ASTNode, type GraphQLError } from 'graphql';

export function withoutValues(error: GraphQLError): string {
  const suggested = suggestionIn(error.message);
  let message = error.message.slice(0, error.message.length - suggested.length);
  for (const node of error.nodes ?? []) {
    const value = valueText(node);
    // Messages end with it, or with what else it may have been.
    const at = value === undefined ? -1 : message.lastIndexOf(value);
    if (value !== undefined && at >= 0) {
      message = `${message.slice(0, at)}this value${message.slice(at + value.length)}`;
    }
  }
  // Errors of the parser have no nodes.
  return message.replace(/\b(String|BlockString|Int|Float) "[^]*"/, '$1') + suggested;
}

/** Names of the schema, which may be the same text as the value: an enum value that was given as a string. */
function suggestionIn(message: string): string {
  const at = message.endsWith('?') ? message.lastIndexOf(' Did you mean ') : -1;
  return at < 0 ? '' : message.slice(at);
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
