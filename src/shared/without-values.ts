/**
 * Removes the values of a document from validation messages: error messages end up in logs and error trackers, where no
 * password must be. The error's location shows where the value is.
 */

import { Kind, print, type ASTNode, type GraphQLError } from 'graphql';

export function withoutValues(error: GraphQLError): string {
  const suggestion = suggestionIn(error.message);
  let message = error.message.slice(0, error.message.length - suggestion.length);
  for (const node of error.nodes ?? []) {
    const value = valueText(node);
    // The value is near the end of the message: it may also occur in a name before.
    const at = value === undefined ? -1 : message.lastIndexOf(value);
    if (value !== undefined && at >= 0) {
      message = `${message.slice(0, at)}this value${message.slice(at + value.length)}`;
    }
  }
  // Syntax errors have no nodes.
  return message.replace(/\b(String|BlockString|Int|Float) "[^]*"/, '$1') + suggestion;
}

/** The suggestion names schema elements, which may equal the value: an enum value written as a string. */
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
