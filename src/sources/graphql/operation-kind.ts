/** Whether a text of a resolver changes something: only what is certainly a query may be sent again. */

import { Kind, OperationTypeNode, parse } from 'graphql';
import { LRUCache } from 'lru-cache';

import type { CallKind } from '../../resilience/call.ts';

/** Texts are constant: no source has as many. */
const textsMax = 1000;

/** Each text is read once. */
export function operationKinds(): (text: string) => CallKind {
  const kinds = new LRUCache<string, CallKind>({ max: textsMax });
  return (text) => {
    let kind = kinds.get(text);
    if (kind === undefined) kinds.set(text, (kind = kindOf(text)));
    return kind;
  };
}

function kindOf(text: string): CallKind {
  try {
    const isQuery = parse(text, { noLocation: true }).definitions.every(
      (definition) =>
        definition.kind !== Kind.OPERATION_DEFINITION || definition.operation === OperationTypeNode.QUERY,
    );
    return isQuery ? 'query' : 'mutation';
  } catch {
    // The service may know more of the language.
    return 'mutation';
  }
}
